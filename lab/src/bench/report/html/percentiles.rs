//! Latency by percentile, all rounds together.

use super::plot::{Axis, Line, Plot, Point};
use super::{Section, by_workload, chart, legend};
use crate::bench::histogram::Histogram;
use crate::bench::report::compare::{Comparison, Row};
use crate::bench::report::number::number;
use crate::bench::report::table::Table;

/// The percentiles that are named.
const NAMED: [(f64, &str); 5] =
    [(0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99")];

/// Of each decade, so many points.
const POINTS: i32 = 8;

/// So many latencies must lie beyond a percentile that is shown.
const BEYOND: f64 = 10.0;

/// The plots.
pub fn section(comparison: &Comparison<'_>) -> Section {
    let body = by_workload(comparison, |it| {
        let mut table = Table::new(["case", "contestant", "percentile", "µs"]);
        let plots: String = it.rows.iter().map(|row| plot(comparison, *row, &mut table)).collect();
        if plots.is_empty() {
            return String::new();
        }
        let name = format!("percentiles-{}", it.name);
        chart(&name, &format!("<div class=plots>\n{plots}</div>"), &table)
    });
    Section {
        id: "percentiles",
        title: "Latency by percentile",
        about: "The latencies of all rounds together. To the right of 99 is what one call in a \
                hundred takes, or more. A line ends where fewer than ten calls are beyond it.",
        body: if body.is_empty() { body } else { legend(comparison) + &body },
    }
}

fn plot<'a>(comparison: &Comparison<'a>, row: Row<'a>, table: &mut Table) -> String {
    let mut lines = Vec::new();
    for (index, it) in comparison.contestants.iter().enumerate() {
        let mut all = Histogram::default();
        let samples = comparison.samples(&row.case.id, row.pair(&it.name)).iter();
        samples.filter_map(|it| it.readings()).for_each(|it| all.add(&it.latency));
        for (share, percentile) in NAMED.into_iter().filter(|it| is_shown(&all, it.0)) {
            let latency = all.quantile(share).map(|it| it / 1e3);
            table.push([
                row.label().into(),
                it.name.as_str().into(),
                percentile.into(),
                latency.into(),
            ]);
        }
        let points = points(&all, &it.name);
        if !points.is_empty() {
            lines.push(Line { index, points });
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    let ticks = NAMED.map(|(share, name)| (rarity(share), name.into())).to_vec();
    let x = Axis { label: "percentile", is_log: true, ticks };
    Plot { title: row.label(), x, y: Axis::log("µs"), lines }.svg()
}

fn points(all: &Histogram, name: &str) -> Vec<Point> {
    let steps = (3 * POINTS / 10)..=(4 * POINTS);
    let shares = steps.map(|step| (1.0 - 10f64.powf(-f64::from(step) / f64::from(POINTS)), None));
    let named = NAMED.map(|(share, name)| (share, Some(name)));
    let mut shares: Vec<_> = named.into_iter().chain(shares.filter(|it| it.0 > 0.5)).collect();
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    let shares = shares.into_iter().filter(|it| is_shown(all, it.0));
    let points = shares.filter_map(|(share, percentile)| {
        let y = all.quantile(share)? / 1e3;
        let tip = percentile.map(|it| format!("{name}, {it} %: {} µs", number(y)));
        Some(Point { x: rarity(share), y, tip })
    });
    points.collect()
}

/// One call in so many takes longer.
fn rarity(share: f64) -> f64 {
    1.0 / (1.0 - share)
}

fn is_shown(all: &Histogram, share: f64) -> bool {
    all.count() as f64 * (1.0 - share) >= BEYOND
}
