//! The rate in each tenth of a second, round after round.

use std::fmt::Write;

use super::plot::{NAME, WIDTH, figure, short, tone};
use super::{Section, by_workload, chart};
use crate::bench::report::compare::{Comparison, Row};
use crate::bench::report::table::Table;
use crate::report::html::escape;

const STRIP: f64 = 30.0;

/// A contestant's rounds.
type Rounds<'a> = Vec<(usize, &'a [f64])>;

/// The strips.
pub fn section(comparison: &Comparison<'_>) -> Section {
    let body = by_workload(comparison, |it| {
        let mut table = Table::new(["case", "contestant", "round", "seconds", "rate, /s"]);
        let strips: String =
            it.rows.iter().map(|row| strips(comparison, *row, &mut table)).collect();
        if strips.is_empty() {
            return String::new();
        }
        let (name, strips) =
            (format!("series-{}", it.name), format!("<div class=plots>\n{strips}</div>"));
        chart(&name, &strips, &table)
    });
    Section {
        id: "series",
        title: "How steady it was",
        about: "The rate in each tenth of a second, all rounds one after the other; all strips of \
                a case have one scale, from 0 on.",
        body,
    }
}

fn strips<'a>(comparison: &Comparison<'a>, row: Row<'a>, table: &mut Table) -> String {
    let mut all = Vec::new();
    for (index, it) in comparison.contestants.iter().enumerate() {
        let samples = comparison.samples(&row.case.id, row.pair(&it.name)).iter();
        let rounds = samples.filter_map(|it| Some((it.round, it.readings()?.series.as_slice())));
        let rounds: Rounds<'_> = rounds.filter(|it| !it.1.is_empty()).collect();
        for (round, rates) in &rounds {
            for (slice, rate) in rates.iter().enumerate() {
                let seconds = format!("{:.1}", (slice + 1) as f64 / 10.0);
                table.push([
                    row.label().into(),
                    it.name.as_str().into(),
                    (*round).into(),
                    seconds.into(),
                    (*rate).into(),
                ]);
            }
        }
        if !rounds.is_empty() {
            all.push((index, it.name.as_str(), rounds));
        }
    }
    let highest =
        all.iter().flat_map(|it| it.2.iter().flat_map(|it| it.1)).copied().fold(0.0, f64::max);
    if highest == 0.0 {
        return String::new();
    }
    let title = format!("{}, up to {} /s", row.label(), short(highest));
    let strips = all.iter().enumerate().map(|(line, it)| strip(line as f64 * STRIP, it, highest));
    figure(&title, all.len() as f64 * STRIP + 2.0, &strips.collect::<String>())
}

fn strip(top: f64, (index, name, rounds): &(usize, &str, Rounds<'_>), highest: f64) -> String {
    let bottom = top + STRIP;
    let slices: usize = rounds.iter().map(|it| it.1.len()).sum();
    let step = (WIDTH - NAME - 2.0) / slices as f64;
    let (mut path, mut edges, mut slice) = (String::new(), String::new(), 0);
    // A `String` takes whatever is written.
    for (_, rates) in rounds {
        let start = NAME + slice as f64 * step;
        write!(edges, "M{start:.1} {:.1}V{bottom:.1}", top + 4.0).unwrap_or_default();
        write!(path, "M{start:.1} {bottom:.1}").unwrap_or_default();
        for rate in *rates {
            let (x, y) = (NAME + slice as f64 * step, bottom - rate / highest * (STRIP - 4.0));
            write!(path, "L{x:.1} {y:.1}h{step:.1}").unwrap_or_default();
            slice += 1;
        }
        write!(path, "V{bottom:.1}z").unwrap_or_default();
    }
    let (name, tone) = (escape(name), tone(*index));
    format!(
        "<g class=\"c{index} t{tone}\"><text x={} y={:.1} text-anchor=end>{name}</text>\
         <path class=grid d=\"M{NAME} {bottom:.1}H{WIDTH}{edges}\"/>\
         <path class=area d=\"{path}\"/></g>\n",
        NAME - 6.0,
        top + 20.0,
    )
}
