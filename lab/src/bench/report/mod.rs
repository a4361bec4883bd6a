//! Reports of a benchmark: pure functions of its record.

pub mod compare;
pub mod csv;
pub mod html;
pub mod markdown;
pub mod number;
pub mod overview;
pub mod table;
pub mod terminal;
pub mod trouble;

use std::time::Duration;

use super::figure::Figure;
use super::record::{Case, Contestant, Record};
use crate::report::counted;
use compare::{Comparison, Row};
use number::number;
use table::{Cell, Table};

/// What stands beside every rate.
const COSTS: [Figure; 2] = [Figure::ServerCpu, Figure::ClientCpu];

/// What every ratio means, in all reports.
fn direction(record: &Record) -> String {
    let reference = &record.reference;
    format!(
        "Above 1 is better for {reference}, whatever the figure: its rate ÷ theirs, or their cost \
         ÷ its own. ~ is no difference: the 95 % interval spans 1."
    )
}

/// The figures by which contestants are compared in a case: what it asks, and beside a rate what it
/// costs.
fn figures(case: &Case) -> impl Iterator<Item = Figure> {
    let is_beside = |it: &Figure| case.figure == Figure::Rate && case.others.contains(it);
    [case.figure].into_iter().chain(COSTS.into_iter().filter(is_beside))
}

/// Who took part.
fn contestants(record: &Record) -> Table {
    let mut table = Table::new(["contestant", "stack", "language", "version", "settings"]);
    for it in &record.contestants {
        let Contestant { name, stack, language, settings, .. } = it;
        let texts = [name, stack, language, &version(it), settings];
        table.push(texts.map(|text| text.as_str().into()));
    }
    for (tool, version) in &record.tools {
        table.push([tool.as_str(), "", "", version, "tool"].map(Cell::from));
    }
    table
}

fn version(contestant: &Contestant) -> String {
    match (&contestant.version, &contestant.again) {
        (_, Some(original)) => format!("{original} once more"),
        (Some(version), _) => version.clone(),
        (None, _) => {
            format!("no-run: {}", contestant.no_run.as_deref().unwrap_or("no version"))
        }
    }
}

/// Machine, length and end of the run, in a line.
fn circumstances(comparison: &Comparison<'_>) -> String {
    let Record { machine, seconds, interrupted, lab, started, .. } = comparison.record;
    let took = humantime::format_duration(Duration::from_secs_f64(seconds.round()));
    let early = if *interrupted { ", interrupted" } else { "" };
    format!(
        "{started}, lab {lab}: {} in {took}{early}, on {} ({}, {} MiB, {})",
        counted(comparison.rounds(), "round"),
        counted(machine.cores, "core"),
        machine.processor,
        machine.memory,
        machine.system,
    )
}

/// Each contestant's median in a row, and how far the reference is ahead.
fn medians<'a>(comparison: &Comparison<'a>, rows: &[Row<'a>]) -> Table {
    let contestants = comparison.in_rows(rows);
    let names = contestants.iter().map(|it| it.name.as_str());
    let mut table = Table::new(["case", "figure"].into_iter().chain(names));
    for row in rows {
        for figure in figures(row.case) {
            let cells = contestants.iter().map(|it| median(comparison, *row, figure, &it.name));
            let label = if figure == row.case.figure { row.label() } else { String::new() };
            let names = [label, titled(figure)].map(Cell::from);
            table.push(names.into_iter().chain(cells.map(Cell::from)));
        }
    }
    table
}

fn median<'a>(comparison: &Comparison<'a>, row: Row<'a>, figure: Figure, name: &'a str) -> String {
    let pair = row.pair(name);
    let Some(median) = comparison.median(&row.case.id, pair, figure) else {
        return if comparison.absent(&row.case.id, pair).is_some() { "-" } else { "" }.into();
    };
    match comparison.reference_ahead(row, figure, name) {
        Some(ratio) if name != comparison.record.reference => {
            format!("{} {}", number(median), number::ratio(&ratio))
        }
        _ => number(median),
    }
}

/// A figure with its unit.
fn titled(figure: Figure) -> String {
    format!("{}, {}", figure.title(), figure.unit())
}

/// All ratios of the rows, with everything that is known of them.
fn ratios<'a>(comparison: &Comparison<'a>, rows: &[Row<'a>]) -> Table {
    let mut table = Table::new([
        "case",
        "contestant",
        "figure",
        "median",
        "reference",
        "ahead",
        "low",
        "high",
        "rounds",
    ]);
    for row in rows {
        for it in comparison.others() {
            let [pair, reference] =
                [&it.name, &comparison.record.reference].map(|name| row.pair(name));
            for figure in [row.case.figure].iter().chain(&row.case.others) {
                let [theirs, ours] =
                    [pair, reference].map(|it| comparison.median(&row.case.id, it, *figure));
                if theirs.is_none() {
                    continue;
                }
                let ratio = comparison.reference_ahead(*row, *figure, &it.name);
                let names = [row.label(), it.name.clone(), titled(*figure)].map(Cell::from);
                let medians = [theirs.into(), ours.into()];
                let ratio = Cell::of_ratio(ratio.as_ref());
                table.push(names.into_iter().chain(medians).chain(ratio));
            }
        }
    }
    table
}

#[cfg(test)]
pub mod tests;
