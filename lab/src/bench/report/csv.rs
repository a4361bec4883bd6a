//! The report as CSV: a row for each figure of each sample.

use super::table::{Cell, Table};
use crate::bench::record::{Outcome, Record, Sample};

/// All samples.
pub fn report(record: &Record) -> String {
    let mut table = Table::new([
        "workload", "case", "client", "server", "round", "outcome", "figure", "unit", "value",
        "reason",
    ]);
    for sample in &record.samples {
        let case = record.cases.iter().find(|it| it.id == sample.case);
        let workload = case.map_or("", |it| &it.workload);
        rows(sample, workload).into_iter().for_each(|row| table.push(row));
    }
    table.csv()
}

fn rows(sample: &Sample, workload: &str) -> Vec<Vec<Cell>> {
    let row = |outcome: &str, rest: [Cell; 4]| {
        let Sample { case, client, server, round, .. } = sample;
        let names = [workload, case, client, server].map(Cell::from);
        names.into_iter().chain([(*round).into(), outcome.into()]).chain(rest).collect()
    };
    let without = |outcome, reason: &str| {
        vec![row(outcome, [Cell::Empty, Cell::Empty, Cell::Empty, reason.into()])]
    };
    match &sample.outcome {
        Outcome::Measured(measured) => {
            let figures = measured.figures.iter().map(|(figure, value)| {
                let figure = [figure.title().into(), figure.unit().into(), (*value).into()];
                let [title, unit, value] = figure;
                row("measured", [title, unit, value, Cell::Empty])
            });
            figures.collect()
        }
        Outcome::Unsupported(reason) => without("unsupported", reason),
        Outcome::Void(reason) => without("void", reason),
        Outcome::Failed(reason) => without("failed", reason),
    }
}
