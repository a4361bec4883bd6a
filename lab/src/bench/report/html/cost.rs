//! What a call costs: processor time of both sides, and all that is counted a call.

use super::plot::{NAME, figure, tone};
use super::{Section, by_workload, chart};
use crate::bench::figure::Figure;
use crate::bench::report::compare::{Comparison, Row};
use crate::bench::report::number::number;
use crate::bench::report::table::{Cell, Table};
use crate::bench::report::titled;
use crate::report::html::escape;

/// What counts as cost.
const COSTS: [Figure; 9] = [
    Figure::ServerCpu,
    Figure::ClientCpu,
    Figure::Instructions,
    Figure::ServerSwitches,
    Figure::ClientSwitches,
    Figure::BytesSent,
    Figure::BytesReceived,
    Figure::ServerMemory,
    Figure::ClientMemory,
];

/// The longest bar, and a line of text.
const BAR: f64 = 184.0;
const LINE: f64 = 18.0;

/// The bars and the tables.
pub fn section(comparison: &Comparison<'_>) -> Section {
    let body = by_workload(comparison, |it| {
        let table = table(comparison, &it.rows);
        let plots: String = it.rows.iter().map(|row| bars(comparison, *row)).collect();
        if table.is_empty() {
            return String::new();
        }
        chart(&format!("cost-{}", it.name), &format!("<div class=plots>\n{plots}</div>"), &table)
    });
    Section {
        id: "cost",
        title: "What a call costs",
        about: "Processor time in µs a call (or message): the server's first, the client's \
                paler. The tables have context switches, bytes, memory and instructions too.",
        body,
    }
}

fn table<'a>(comparison: &Comparison<'a>, rows: &[Row<'a>]) -> Table {
    let places = || {
        rows.iter()
            .flat_map(|row| comparison.contestants.iter().map(move |it| (*row, it.name.as_str())))
    };
    let of = |(row, name): (Row<'a>, &'a str), figure| {
        comparison.median(&row.case.id, row.pair(name), figure)
    };
    let is_there = |figure: &Figure| places().any(|it| of(it, *figure).is_some());
    let figures: Vec<_> = COSTS.into_iter().filter(is_there).collect();
    let heads = figures.iter().map(|it| titled(*it));
    let mut table = Table::new(["case".into(), "contestant".into()].into_iter().chain(heads));
    for (row, name) in places() {
        let costs: Vec<_> = figures.iter().map(|it| of((row, name), *it)).collect();
        if costs.iter().any(Option::is_some) {
            let names = [row.label().into(), Cell::from(name)];
            table.push(names.into_iter().chain(costs.into_iter().map(Cell::from)));
        }
    }
    table
}

fn bars<'a>(comparison: &Comparison<'a>, row: Row<'a>) -> String {
    let cpu = |name: &'a str| {
        let of = |it| comparison.median(&row.case.id, row.pair(name), it);
        let [server, client] = [Figure::ServerCpu, Figure::ClientCpu].map(of);
        (server.is_some() || client.is_some())
            .then(|| [server, client].map(Option::unwrap_or_default))
    };
    let all = comparison.contestants.iter().enumerate();
    let all: Vec<_> =
        all.filter_map(|(index, it)| Some((index, it.name.as_str(), cpu(&it.name)?))).collect();
    let longest = all.iter().map(|it| it.2.iter().sum::<f64>()).fold(0.0, f64::max);
    if longest == 0.0 {
        return String::new();
    }
    let bars = all.iter().enumerate().map(|(line, it)| bar(line as f64 * LINE, *it, BAR / longest));
    figure(&row.label(), all.len() as f64 * LINE + 4.0, &bars.collect::<String>())
}

fn bar(top: f64, (index, name, [server, client]): (usize, &str, [f64; 2]), scale: f64) -> String {
    let [wide, more] = [server * scale, client * scale];
    let [server, client, sum] = [server, client, server + client].map(number);
    let name = escape(name);
    format!(
        "<g class=\"bar c{index} t{}\"><title>{name}: server {server}, client {client} µs</title>\
         <text x={} y={:.1} text-anchor=end>{name}</text>\
         <rect x={NAME} y={:.1} width={wide:.1} height=13 />\
         <rect class=client x={:.1} y={:.1} width={more:.1} height=13 />\
         <text x={:.1} y={:.1}>{sum}</text></g>\n",
        tone(index),
        NAME - 6.0,
        top + 12.0,
        top + 2.0,
        NAME + wide,
        top + 2.0,
        NAME + wide + more + 5.0,
        top + 12.0,
    )
}
