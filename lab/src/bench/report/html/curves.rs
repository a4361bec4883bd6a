//! Latency against throughput, over calls in flight or over the load that is offered.

use super::plot::{Axis, Line, Plot, Point};
use super::{Section, chart, legend};
use crate::bench::figure::Figure;
use crate::bench::record::Case;
use crate::bench::report::compare::{Comparison, Counterpart, Row};
use crate::bench::report::number::number;
use crate::bench::report::table::{Cell, Table};
use crate::bench::report::titled;

/// What moves from point to point, and which latencies are shown.
struct Sweep {
    axis: &'static str,
    x: &'static str,
    figures: &'static [Figure],
}

const CLOSED: Sweep =
    Sweep { axis: "in-flight", x: "a second", figures: &[Figure::P50, Figure::P99] };
const OPEN: Sweep = Sweep {
    axis: "share",
    x: "a second, as offered",
    figures: &[Figure::P50, Figure::P99, Figure::P999],
};

/// With more and more in flight.
pub fn closed(comparison: &Comparison<'_>) -> Section {
    Section {
        id: "throughput",
        title: "Throughput against latency",
        about: "A point for each number of calls or streams in flight. To the right is more, \
                further down is sooner.",
        body: body(comparison, &CLOSED),
    }
}

/// With more and more offered, whether or not it is answered.
pub fn open(comparison: &Comparison<'_>) -> Section {
    Section {
        id: "load",
        title: "Latency under load",
        about: "Calls begin when they are due, however many are still open (a Poisson process); \
                latency counts from then. A point for each share of the highest rate.",
        body: body(comparison, &OPEN),
    }
}

fn body(comparison: &Comparison<'_>, sweep: &Sweep) -> String {
    let mut plots = String::new();
    let mut table = table(sweep);
    for group in groups(comparison, sweep.axis) {
        for figure in sweep.figures {
            let lines = comparison.contestants.iter().enumerate();
            let lines = lines.map(|(index, it)| {
                line(comparison, &group, (index, &it.name), *figure, sweep.axis)
            });
            let lines: Vec<_> = lines.filter(|line| line.points.len() > 1).collect();
            if !lines.is_empty() {
                let (x, y) = (Axis::log(sweep.x), Axis::log("µs"));
                let title = format!("{}: {figure}", title(&group));
                plots += &Plot { title, x, y, lines }.svg();
            }
        }
        rows(comparison, &group, sweep, &mut table);
    }
    if plots.is_empty() {
        return String::new();
    }
    legend(comparison) + &chart(sweep.axis, &format!("<div class=plots>\n{plots}</div>"), &table)
}

/// Rows that differ on this axis only, each in the axis' order.
fn groups<'a>(comparison: &Comparison<'a>, axis: &str) -> Vec<Vec<Row<'a>>> {
    let mut groups: Vec<Vec<Row<'a>>> = Vec::new();
    let rows = comparison.workloads().into_iter().flat_map(|it| it.rows);
    for row in rows.filter(|it| it.case.axes.contains_key(axis)) {
        let key = |it: &Row<'_>| {
            let mut axes = it.case.axes.clone();
            axes.remove(axis);
            (it.case.workload.clone(), it.case.pinned, axes)
        };
        let is_alike = |group: &&mut Vec<Row<'a>>| {
            group[0].counterpart == row.counterpart && key(&group[0]) == key(&row)
        };
        match groups.iter_mut().find(is_alike) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups.retain(|it| it.len() > 1);
    groups
        .iter_mut()
        .for_each(|it| it.sort_by(|a, b| a.case.axes[axis].total_cmp(&b.case.axes[axis])));
    groups
}

/// What the cases of a group have in common.
fn title(group: &[Row<'_>]) -> String {
    let [first, last] =
        [group[0].case, group[group.len() - 1].case].map(|it: &Case| it.id.as_str());
    let last = last.rsplit('/').next().unwrap_or(last);
    let from = match group[0].counterpart {
        Counterpart::Itself => String::new(),
        Counterpart::Client(tool) => format!(", from {tool}"),
        Counterpart::Server(tool) => format!(", to {tool}"),
    };
    format!("{first} to {last}{from}")
}

fn line<'a>(
    comparison: &Comparison<'a>,
    group: &[Row<'a>],
    (index, name): (usize, &'a str),
    figure: Figure,
    axis: &str,
) -> Line {
    let points = group.iter().filter_map(|row| {
        let pair = row.pair(name);
        let [x, y] = [Figure::Rate, figure].map(|it| comparison.median(&row.case.id, pair, it));
        let (x, y) = (x?, y?);
        let at = number(row.case.axes[axis]);
        let tip = format!("{name}, {axis} {at}: {} /s, {figure} {} µs", number(x), number(y));
        (x > 0.0 && y > 0.0).then_some(Point { x, y, tip: Some(tip) })
    });
    Line { index, points: points.collect() }
}

fn table(sweep: &Sweep) -> Table {
    let figures = [Figure::Rate].iter().chain(sweep.figures).map(|it| titled(*it));
    let names = ["case", "contestant", sweep.axis].map(String::from);
    Table::new(names.into_iter().chain(figures))
}

fn rows(comparison: &Comparison<'_>, group: &[Row<'_>], sweep: &Sweep, table: &mut Table) {
    for row in group {
        for it in &comparison.contestants {
            let pair = row.pair(&it.name);
            let of = |figure: &Figure| comparison.median(&row.case.id, pair, *figure);
            let figures: Vec<_> = [Figure::Rate].iter().chain(sweep.figures).map(of).collect();
            if figures[0].is_some() {
                let names = [
                    row.label().into(),
                    it.name.as_str().into(),
                    Cell::from(row.case.axes[sweep.axis]),
                ];
                table.push(names.into_iter().chain(figures.into_iter().map(Cell::from)));
            }
        }
    }
}
