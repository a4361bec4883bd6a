//! The report as Markdown.

use super::compare::Comparison;
use super::trouble::troubles;
use super::{circumstances, contestants, direction, medians, ratios};
use crate::bench::record::Record;
use crate::report::markdown::escape;

/// The whole report.
pub fn report(record: &Record) -> String {
    let comparison = Comparison::of(record);
    let mut text = format!("`{}`\n\n{}.\n\n", record.command, escape(&circumstances(&comparison)));
    text += &contestants(record).markdown();
    text += &format!("\n{}\n", direction(record));
    for it in comparison.workloads() {
        text += &format!("\n### {}\n\n{}\n\n", it.name, escape(it.question));
        text += &medians(&comparison, &it.rows).markdown();
        let ratios = ratios(&comparison, &it.rows);
        if !ratios.is_empty() {
            text += &format!(
                "\n<details><summary>Every figure, with its interval</summary>\n\n{}\n</details>\n",
                ratios.markdown()
            );
        }
    }
    let noise: String =
        comparison.noise().iter().map(|it| format!("\n{}\n", it.sentence())).collect();
    if !noise.is_empty() {
        text += &format!("\n### noise\n{noise}");
    }
    for trouble in troubles(record) {
        text += &format!("\n**{}**: {}\n\n", trouble.word, escape(&trouble.reason));
        text.extend(trouble.places().iter().map(|it| format!("- {}\n", escape(it))));
    }
    text
}
