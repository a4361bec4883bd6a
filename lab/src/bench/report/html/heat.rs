//! Ratios as colours: cases down, contestants across; and clients down, servers across.

use super::{Section, chart};
use crate::bench::figure::Figure;
use crate::bench::report::compare::{Comparison, Pair, Row, Workload};
use crate::bench::report::number::{interval, number, ratio};
use crate::bench::report::table::{Cell, Table};
use crate::bench::report::{figures, ratios, titled};
use crate::bench::statistics::{Difference, Ratio};
use crate::report::html::escape;

/// From this ratio on, or from one by it, a colour grows no stronger.
const STRONGEST: f64 = 3.0;

/// The figures that can be looked at instead of those that the cases are about.
const FIGURES: [Figure; 7] = [
    Figure::Rate,
    Figure::P50,
    Figure::P99,
    Figure::ServerCpu,
    Figure::ClientCpu,
    Figure::ServerMemory,
    Figure::Instructions,
];

/// Cases by contestants.
pub fn ratios_by_case(comparison: &Comparison<'_>) -> Section {
    let workloads = comparison.workloads();
    let rows: Vec<_> = workloads.iter().flat_map(|it| it.rows.iter().copied()).collect();
    let about_it = |figure: &Figure| {
        rows.iter().any(|row| row.case.others.contains(figure) || row.case.figure == *figure)
    };
    let figures = FIGURES.into_iter().filter(about_it).map(Some);
    let views: Vec<_> = [None].into_iter().chain(figures).collect();
    let tables: String = views
        .iter()
        .enumerate()
        .map(|(index, it)| view(comparison, &workloads, index, *it))
        .collect();
    let body = format!("{}<div id=heat>\n{tables}</div>", choice(&views));
    Section {
        id: "ratios",
        title: "Ratios",
        about: "",
        body: format!(
            "<p class=scale>{}</p>\n{}",
            scale(&comparison.record.reference),
            chart("ratios", &body, &ratios(comparison, &rows))
        ),
    }
}

/// The colours, explained.
fn scale(reference: &str) -> String {
    let of = |value: f64| Ratio { value, low: value, high: value, rounds: 0 };
    let places = [1.0 / 3.0, 0.5, 0.8, 1.25, 2.0, 3.0].map(|it| swatch(&of(it), &ratio(&of(it))));
    let none = swatch(&Ratio { low: 0.9, high: 1.1, ..of(1.0) }, "~1.00");
    let [a, b, c, d, e, f] = places;
    format!("behind {a}{b}{c}{none}{d}{e}{f} {} ahead", escape(reference))
}

fn swatch(it: &Ratio, text: &str) -> String {
    format!("<span class=\"swatch {}>{text}</span>", color(it))
}

/// The rest of a class attribute and a style: the colour of a ratio.
fn color(ratio: &Ratio) -> String {
    let class = match ratio.difference() {
        Difference::More => "ahead",
        Difference::Less => "behind",
        Difference::None => return "none\"".into(),
    };
    let strength = (ratio.value.ln().abs() / STRONGEST.ln()).min(1.0);
    format!("{class}\" style=\"--strength:{:.0}%\"", 20.0 + 60.0 * strength)
}

/// Buttons for the figures.
fn choice(views: &[Option<Figure>]) -> String {
    let button = |(index, figure): (usize, &Option<Figure>)| {
        let name = figure.map_or("what each case asks", Figure::title);
        let checked = if index == 0 { " checked" } else { "" };
        format!(
            "<label class=badge>\
             <input type=radio name=figure id=figure-{index}{checked}>{name}</label>\n"
        )
    };
    let buttons: String = views.iter().enumerate().map(button).collect();
    format!("<fieldset class=choice><legend>figure</legend>\n{buttons}</fieldset>\n")
}

fn view<'a>(
    comparison: &Comparison<'a>,
    workloads: &[Workload<'a>],
    index: usize,
    figure: Option<Figure>,
) -> String {
    let others = comparison.others().zip(1..);
    let heads = others.map(|(it, place)| {
        format!("<th scope=col class=c{place}><span>{}</span>", escape(&it.name))
    });
    let caption = figure.map_or("What each case asks", Figure::title);
    let (reference, heads) = (escape(&comparison.record.reference), heads.collect::<String>());
    let bodies: String = workloads.iter().map(|it| body(comparison, it, figure)).collect();
    format!(
        "<div class=\"wide view v{index}\"><table class=\"matrix heat\">\
         <caption>{caption}</caption>\n<thead><tr><th class=corner>case\
         <th scope=col class=own><span>{reference}</span>{heads}\n{bodies}</table></div>\n"
    )
}

fn body<'a>(
    comparison: &Comparison<'a>,
    workload: &Workload<'a>,
    figure: Option<Figure>,
) -> String {
    let lines: Vec<_> =
        workload.rows.iter().flat_map(|row| lines(comparison, workload, *row, figure)).collect();
    if lines.is_empty() {
        return String::new();
    }
    let name = escape(&format!("{}{}", workload.name, tool(workload)));
    let question = escape(workload.question);
    let span = comparison.contestants.len() + 1;
    format!(
        "<tbody><tr class=workload><th colspan={span} scope=rowgroup>\
         <div><b>{name}</b> <span>{question}</span></div>\n{}",
        lines.concat()
    )
}

/// The lines of a case: in a figure, or in what it asks and what that costs.
fn lines<'a>(
    comparison: &Comparison<'a>,
    workload: &Workload<'a>,
    row: Row<'a>,
    figure: Option<Figure>,
) -> Vec<String> {
    let asked = figure.unwrap_or(row.case.figure);
    let beside = figures(row.case).skip(1).filter(|_| figure.is_none());
    let beside = beside
        .filter_map(|it| line(comparison, row, it, &format!("<small>{}</small>", it.title())));
    line(comparison, row, asked, &head(workload, row)).into_iter().chain(beside).collect()
}

fn line<'a>(
    comparison: &Comparison<'a>,
    row: Row<'a>,
    figure: Figure,
    head: &str,
) -> Option<String> {
    let has = |name: &'a str| comparison.median(&row.case.id, row.pair(name), figure).is_some();
    let is_about = figure == row.case.figure || row.case.others.contains(&figure);
    if !is_about || !comparison.contestants.iter().any(|it| has(&it.name)) {
        return None;
    }
    let own = comparison.median(&row.case.id, row.pair(&comparison.record.reference), figure);
    let own = own
        .map(|it| format!("{} <small>{}</small>", number(it), figure.unit()))
        .unwrap_or_default();
    let cells = comparison.others().zip(1..).map(|(it, place)| {
        let ratio = comparison.reference_ahead(row, figure, &it.name);
        let pair = row.pair(&it.name);
        let of = Of { case: &row.case.id, label: row.label(), name: &it.name, pair, figure };
        cell(comparison, &of, ratio.as_ref(), place)
    });
    Some(format!("<tr><th scope=row>{head}<td class=own>{own}{}\n", cells.collect::<String>()))
}

/// What a cell is of.
struct Of<'a> {
    case: &'a str,
    label: String,
    name: &'a str,
    pair: Pair<'a>,
    figure: Figure,
}

fn cell<'a>(
    comparison: &Comparison<'a>,
    of: &Of<'a>,
    ahead: Option<&Ratio>,
    place: usize,
) -> String {
    let median = comparison.median(of.case, of.pair, of.figure).map(number);
    let (Some(ahead), Some(median)) = (ahead, &median) else {
        return match (median, comparison.absent(of.case, of.pair)) {
            (Some(median), _) => format!("<td class=\"c{place} plain\">{median}"),
            (None, Some(_)) => format!(
                "<td class=\"c{place} plain\" title=\"not measured: see the end of the page\">–"
            ),
            (None, None) => format!("<td class=c{place}>"),
        };
    };
    let (name, label) = (escape(of.name), escape(&of.label));
    let (unit, interval) = (of.figure.unit(), interval(ahead));
    let tip = format!("{name}, {label}: {median} {unit}, the reference {interval} ahead");
    format!(
        "<td class=c{place}><button data-case=\"{label}\" data-contestant=\"{name}\" \
         title=\"{tip}\" class=\"{}>{}</button>",
        color(ahead),
        ratio(ahead)
    )
}

/// What a line is about: the case without what stands above it, the workload and its tool.
fn head(workload: &Workload<'_>, row: Row<'_>) -> String {
    let label = row.label();
    let label = label.strip_suffix(&tool(workload)).unwrap_or(&label);
    let rest = label.strip_prefix(workload.name).and_then(|rest| rest.strip_prefix('/'));
    escape(rest.unwrap_or(label))
}

/// The tool that takes part in all cases of a workload, as their labels have it.
fn tool(workload: &Workload<'_>) -> String {
    let of = |row: &Row<'_>| row.label()[row.case.id.len()..].to_owned();
    let first = workload.rows.first().map(of).unwrap_or_default();
    if workload.rows.iter().all(|row| of(row) == first) { first } else { String::new() }
}

/// Clients by servers, where all of them met.
pub fn pairs(comparison: &Comparison<'_>) -> Section {
    let cases = comparison.record.cases.iter().filter(|it| comparison.is_mixed(it));
    let mut table = Table::new([
        "case",
        "client",
        "server",
        "figure",
        "median",
        "ahead",
        "low",
        "high",
        "rounds",
        "server CPU, µs/call",
        "client CPU, µs/call",
    ]);
    let matrices: String = cases.map(|it| matrix(comparison, it, &mut table)).collect();
    let body = match matrices.is_empty() {
        true => String::new(),
        false => chart("pairs", &format!("<div class=matrices>\n{matrices}</div>"), &table),
    };
    Section {
        id: "pairs",
        title: "Clients by servers",
        about: "Who calls stands at the left, who serves at the top. Every pair is compared with \
                the reference calling itself: along its row only servers differ, down its column \
                only clients.",
        body,
    }
}

fn matrix<'a>(
    comparison: &Comparison<'a>,
    case: &'a crate::bench::record::Case,
    table: &mut Table,
) -> String {
    let names = || comparison.contestants.iter().map(|it| it.name.as_str()).enumerate();
    let reference = comparison.record.reference.as_str();
    let heads: String = names()
        .map(|(place, name)| format!("<th scope=col class=c{place}><span>{}</span>", escape(name)))
        .collect();
    let mut rows = String::new();
    for (line, client) in names() {
        rows += &format!("<tr class=c{line}><th scope=row>{}", escape(client));
        for (place, server) in names() {
            let pair = (client, server);
            let ahead = comparison.ahead(&case.id, case.figure, (reference, reference), pair);
            let ahead = ahead.filter(|_| pair != (reference, reference));
            let way = format!("{client} → {server}");
            let of = Of {
                case: &case.id,
                label: case.id.clone(),
                name: &way,
                pair,
                figure: case.figure,
            };
            rows += &cell(comparison, &of, ahead.as_ref(), place);
            push(comparison, &of, ahead.as_ref(), table);
        }
        rows += "\n";
    }
    let (id, figure) = (escape(&case.id), titled(case.figure));
    format!(
        "<div class=wide><table class=\"matrix heat\"><caption>{id}: {figure}</caption>\n\
         <thead><tr><th class=corner>client \\ server{heads}\n<tbody>{rows}</table></div>\n"
    )
}

fn push<'a>(comparison: &Comparison<'a>, of: &Of<'a>, ahead: Option<&Ratio>, table: &mut Table) {
    let median = |figure| comparison.median(of.case, of.pair, figure);
    if let Some(found) = median(of.figure) {
        let (client, server) = of.pair;
        let names = [of.case.into(), client.into(), server.into(), Cell::from(titled(of.figure))];
        let cpu = [Figure::ServerCpu, Figure::ClientCpu].map(|it| Cell::from(median(it)));
        let ratio = Cell::of_ratio(ahead);
        table.push(names.into_iter().chain([found.into()]).chain(ratio).chain(cpu));
    }
}
