//! The report as one HTML page that needs nothing else: no network, no other file, no script to
//! be read.

mod cost;
mod curves;
mod footprint;
mod heat;
mod percentiles;
mod plot;
mod series;

use super::compare::{Comparison, Workload};
use super::overview::{self, Finding};
use super::table::Table;
use super::trouble::troubles;
use super::{circumstances, contestants, direction};
use crate::bench::record::Record;
use crate::report::html::escape;

/// A part of the page; without a body it is left out.
struct Section {
    id: &'static str,
    title: &'static str,
    about: &'static str,
    body: String,
}

/// The whole page.
pub fn report(record: &Record) -> String {
    let comparison = Comparison::of(record);
    let mut sections = vec![
        heat::ratios_by_case(&comparison),
        heat::pairs(&comparison),
        curves::closed(&comparison),
        curves::open(&comparison),
        percentiles::section(&comparison),
        cost::section(&comparison),
        series::section(&comparison),
        footprint::section(&comparison),
        trouble(record),
    ];
    sections.retain(|it| !it.body.is_empty());
    let link = |it: &Section| format!("<a href=\"#{}\">{}</a>\n", it.id, it.title);
    format!(
        include_str!("../../../../assets/bench.html"),
        base = include_str!("../../../../assets/page.css"),
        style = include_str!("../../../../assets/bench.css"),
        switches = switches(&comparison),
        script = include_str!("../../../../assets/bench.js"),
        circumstances = escape(&circumstances(&comparison)),
        command = escape(&record.command),
        direction = escape(&direction(record)),
        glance = glance(&comparison),
        noise = noise(&comparison),
        contestants = contestants(record).html(),
        toggles = toggles(&comparison),
        links = sections.iter().map(link).collect::<String>(),
        sections = sections.iter().map(Section::html).collect::<String>(),
    )
}

impl Section {
    fn html(&self) -> String {
        let Self { id, title, about, body } = self;
        let about = if about.is_empty() { String::new() } else { format!("<p>{about}</p>\n") };
        format!("<section id={id}>\n<h2>{title}</h2>\n{about}{body}</section>\n")
    }
}

/// A chart, with the table of what it shows, to read and to take along.
fn chart(name: &str, shown: &str, table: &Table) -> String {
    format!(
        "{shown}\n<div class=data>\
         <details><summary>Table</summary><div class=scroll>{}</div></details>\
         <a class=csv download=\"{name}.csv\" href=\"data:text/csv;charset=utf-8,{}\">CSV</a>\
         </div>\n",
        table.html(),
        percent(&table.csv())
    )
}

/// A text as part of an address.
fn percent(text: &str) -> String {
    let mut address = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b',' | b'/' | b':' => {
                address.push(byte.into());
            }
            other => address += &format!("%{other:02X}"),
        }
    }
    address
}

/// A part for each workload that has one, folded but for the first.
fn by_workload<'a>(
    comparison: &Comparison<'a>,
    mut part: impl FnMut(&Workload<'a>) -> String,
) -> String {
    let mut text = String::new();
    for it in comparison.workloads() {
        let part = part(&it);
        if !part.is_empty() {
            let open = if text.is_empty() { " open" } else { "" };
            let (name, question) = (escape(it.name), escape(it.question));
            text += &format!(
                "<details class=workload{open}>\
                 <summary>{name} <span>{question}</span></summary>\n{part}</details>\n"
            );
        }
    }
    text
}

fn key(index: usize, name: &str) -> String {
    format!(
        "<svg class=\"key t{}\" viewBox=\"-6 -6 12 12\"><path class=mark d=\"{}\"/></svg>{}",
        plot::tone(index),
        plot::mark(index),
        escape(name)
    )
}

/// The marks of the contestants.
fn legend(comparison: &Comparison<'_>) -> String {
    let keys = comparison.contestants.iter().enumerate();
    let keys =
        keys.map(|(index, it)| format!("<span class=c{index}>{}</span>\n", key(index, &it.name)));
    format!("<p class=legend>{}</p>\n", keys.collect::<String>())
}

/// Who is shown; the reference always is.
fn toggles(comparison: &Comparison<'_>) -> String {
    let others = comparison.contestants.iter().enumerate().skip(1);
    let toggle = |(index, it): (usize, &&crate::bench::record::Contestant)| {
        format!(
            "<label><input type=checkbox id=show-{index} checked>{}</label>\n",
            key(index, &it.name)
        )
    };
    others.map(toggle).collect()
}

/// The rules by which the toggles and the choice of a figure work, without a script.
fn switches(comparison: &Comparison<'_>) -> String {
    let shown = (1..comparison.contestants.len()).map(|it| {
        format!(":root:has(#show-{it}:not(:checked)) :not(label) > .c{it} {{ display: none; }}\n")
    });
    const VIEWS: usize = 8;
    let views = (0..VIEWS)
        .map(|it| format!(":root:has(#figure-{it}:checked) .v{it} {{ display: block; }}\n"));
    shown.chain(views).collect()
}

/// The lines of the front page.
fn glance(comparison: &Comparison<'_>) -> String {
    let lines = overview::lines(comparison);
    if lines.is_empty() {
        return String::new();
    }
    let item = |it: &Finding| {
        let [ratio, bounds, medians] = [&it.ratio, &it.bounds, &it.medians].map(|it| escape(it));
        let costs = it.costs.iter().map(|it| format!("<small>{}</small>", escape(&it.beside())));
        let (what, costs) = (it.what, costs.collect::<String>());
        format!("<li><b>{ratio}</b><div>{what} <small>{bounds} {medians}</small>{costs}</div>\n")
    };
    let line = |(about, findings): &(&str, Vec<Finding>)| {
        let items: String = findings.iter().map(item).collect();
        format!("<div><dt>{about}<dd><ul>{items}</ul></div>\n")
    };
    let lines: String = lines.iter().map(line).collect();
    format!(
        "<h2>At a glance</h2>\n<p>{}</p>\n<dl class=glance>\n{lines}</dl>\n",
        escape(&overview::legend(comparison.record))
    )
}

/// What differs between a contestant and its second copy.
fn noise(comparison: &Comparison<'_>) -> String {
    let noises = comparison.noise();
    let sentences = noises.iter().map(|it| format!("<p>{}</p>\n", escape(&it.sentence())));
    let mut table = Table::new(["case", "figure", "copy", "ratio", "low", "high", "rounds"]);
    for noise in &noises {
        for (row, ratio) in &noise.ratios {
            let names =
                [row.label().into(), super::titled(row.case.figure).into(), noise.copy.into()];
            table.push(names.into_iter().chain(super::table::Cell::of_ratio(Some(ratio))));
        }
    }
    if table.is_empty() {
        return "<p>No contestant took part twice, so nothing here says how large noise is.</p>\n"
            .into();
    }
    chart("noise", &sentences.collect::<String>(), &table)
}

fn trouble(record: &Record) -> Section {
    let trouble = |it: &super::trouble::Trouble<'_>| {
        let places =
            it.places().iter().map(|it| format!("<li>{}\n", escape(it))).collect::<String>();
        format!("<li><b>{}</b> {}\n<ul>{places}</ul>\n", it.word, escape(&it.reason))
    };
    let items: String = troubles(record).iter().map(trouble).collect();
    Section {
        id: "trouble",
        title: "What was not measured",
        about: "",
        body: if items.is_empty() { items } else { format!("<ul class=trouble>\n{items}</ul>\n") },
    }
}
