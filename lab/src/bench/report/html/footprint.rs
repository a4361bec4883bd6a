//! What a stack takes before anybody calls: memory, start, size, build.

use super::{Section, chart};
use crate::bench::figure::Figure;
use crate::bench::report::compare::Comparison;
use crate::bench::report::table::{Cell, Table};

const FOOTPRINT: [Figure; 4] =
    [Figure::MemoryEach, Figure::StartTime, Figure::ProgramSize, Figure::BuildTime];

/// The table.
pub fn section(comparison: &Comparison<'_>) -> Section {
    let rows = comparison.workloads().into_iter().flat_map(|it| it.rows);
    let rows: Vec<_> = rows.filter(|it| FOOTPRINT.contains(&it.case.figure)).collect();
    let heads = rows
        .iter()
        .map(|it| format!("{}: {}, {}", it.label(), it.case.figure.title(), it.case.figure.unit()));
    let mut table = Table::new(["contestant".into()].into_iter().chain(heads));
    for it in &comparison.contestants {
        let of = rows
            .iter()
            .map(|row| comparison.median(&row.case.id, row.pair(&it.name), row.case.figure));
        table.push([it.name.as_str().into()].into_iter().chain(of.map(Cell::from)));
    }
    let shown = format!("<div class=wide>{}</div>", table.html());
    Section {
        id: "footprint",
        title: "Footprint",
        about: "Of a program that serves gRPC's benchmark, with all that it links: medians.",
        body: if rows.is_empty() { String::new() } else { chart("footprint", &shown, &table) },
    }
}
