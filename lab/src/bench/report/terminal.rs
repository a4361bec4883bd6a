//! The report for a terminal: a table for each workload.

use super::compare::{Comparison, Workload};
use super::trouble::troubles;
use super::{circumstances, contestants, direction, medians};
use crate::bench::record::Record;
use crate::report::style::Style;

const WIDTH: usize = 100;

/// Of longer lists, the places are counted.
const MANY: usize = 6;

/// The whole report.
pub fn report(record: &Record, style: Style) -> String {
    let comparison = Comparison::of(record);
    let mut text = contestants(record).text(2, WIDTH);
    text += &format!("\n{}\n", direction(record));
    for it in comparison.workloads() {
        text += &workload(&comparison, &it, style);
    }
    text += "\n";
    for noise in comparison.noise() {
        text += &format!("{} {}\n", style.bold("noise:"), noise.sentence());
    }
    for trouble in troubles(record) {
        let places = match trouble.places() {
            many if many.len() > MANY => format!("{} places", many.len()),
            few => few.join("; "),
        };
        text += &format!("{} {} ({places})\n", style.bold(trouble.word), trouble.reason);
    }
    text + &circumstances(&comparison) + "\n"
}

fn workload<'a>(comparison: &Comparison<'a>, workload: &Workload<'a>, style: Style) -> String {
    let table = medians(comparison, &workload.rows);
    let title = style.bold(workload.name);
    format!("\n{title}: {}\n{}", workload.question, table.text(2, WIDTH))
}
