//! What somebody who chooses between the reference and tonic wants to know, in four lines.

use super::compare::{Comparison, Row};
use super::number::{self, number, quotient};
use super::{COSTS, direction};
use crate::bench::figure::{Better, Figure};
use crate::bench::record::Record;
use crate::glob;
use crate::report::counted;
use crate::report::markdown::escape;

/// Whom the reference is compared with.
const RIVAL: &str = "tonic";

/// A line: what it is about, and its figures.
struct Line {
    about: &'static str,
    figures: &'static [Query],
}

/// A figure, the cases that it is taken from (`*` matches anything), and a description of them.
struct Query(Figure, &'static str, &'static str);

/// What a record says of a figure.
pub struct Finding {
    /// A description of the figure.
    pub what: &'static str,
    /// How far the reference is ahead.
    pub ratio: String,
    /// Its interval; what is the same in every round is measured once, and has none.
    pub bounds: String,
    /// Both medians, with their unit.
    pub medians: String,
    /// Beside a rate: what a call costs each side.
    pub costs: Vec<Finding>,
}

/// The lines. What a record lacks is left out.
const LINES: [Line; 4] = [
    Line {
        about: "Unary calls",
        figures: &[
            Query(Figure::Rate, "unary/0B/10x1", "10 in flight on 1 connection"),
            Query(Figure::Rate, "unary/0B/100x4", "100 in flight on 4 connections"),
        ],
    },
    Line {
        about: "Latency",
        figures: &[
            Query(Figure::P50, "ping-pong/unary", "the median, one call at a time"),
            Query(Figure::P99, "ping-pong/unary", "the 99th percentile"),
        ],
    },
    Line {
        about: "Streams",
        figures: &[
            Query(Figure::Rate, "stream/server/1KiB/1x1", "from a server, 1 KiB"),
            Query(Figure::Rate, "stream/client/1KiB/1x1", "from a client, 1 KiB"),
            Query(Figure::Rate, "stream/server/64KiB/1x1", "from a server, 64 KiB"),
        ],
    },
    Line {
        about: "Footprint",
        figures: &[
            Query(Figure::MemoryEach, "idle-connections/10000", "memory of an idle connection"),
            Query(Figure::StartTime, "start", "start"),
            Query(Figure::ProgramSize, "size", "program"),
        ],
    },
];

/// The lines, as Markdown, and how far they can be trusted.
pub fn overview(record: &Record) -> String {
    let comparison = Comparison::of(record);
    let line = |(about, findings): (&str, Vec<Finding>)| {
        format!(
            "- **{about}**: {}.\n",
            findings.iter().map(Finding::sentence).collect::<Vec<_>>().join("; ")
        )
    };
    let lines: String = lines(&comparison).into_iter().map(line).collect();
    let noise: String = comparison.noise().iter().map(|it| it.sentence() + " ").collect();
    let (rounds, cores) =
        (counted(comparison.rounds(), "round"), counted(record.machine.cores, "core"));
    let early = if record.interrupted { ", interrupted" } else { "" };
    format!(
        "{} {}\n\n{lines}\n{noise}{rounds}{early}, {cores}, {}.\n",
        legend(record),
        direction(record),
        escape(&record.machine.processor)
    )
}

/// The first figure of each line, as one sentence.
pub fn headline(record: &Record) -> String {
    let lines = lines(&Comparison::of(record));
    let first = |(about, findings): &(&str, Vec<Finding>)| {
        let finding = findings.first()?;
        let costs = finding.costs.iter().map(|it| format!(", {} {}", it.what, it.ratio));
        let costs: String = costs.collect();
        Some(format!("{}, {}, {}{costs}", about.to_lowercase(), finding.what, finding.ahead()))
    };
    let figures: Vec<_> = lines.iter().filter_map(first).collect();
    format!("{} Against {RIVAL}: {}.\n", direction(record), figures.join("; "))
}

/// What the lines are.
pub fn legend(record: &Record) -> String {
    format!("{} against {RIVAL}, with 95 % intervals.", record.reference)
}

/// What each line is about, and what it says.
pub fn lines(comparison: &Comparison<'_>) -> Vec<(&'static str, Vec<Finding>)> {
    let line = |line: &Line| {
        (line.about, line.figures.iter().flat_map(|it| findings(comparison, it)).collect())
    };
    LINES.iter().map(line).filter(|(_, findings): &(_, Vec<_>)| !findings.is_empty()).collect()
}

/// A figure in all cases with this name.
fn findings(comparison: &Comparison<'_>, Query(figure, cases, what): &Query) -> Vec<Finding> {
    let rows = comparison.workloads().into_iter().flat_map(|it| it.rows);
    let rows = rows.filter(|row| glob::matches(cases, &row.case.id));
    rows.filter_map(|row| {
        let costs = COSTS.iter().filter(|_| *figure == Figure::Rate);
        let costs = costs.filter_map(|cost| finding(comparison, row, *cost, cost.title()));
        Some(Finding { costs: costs.collect(), ..finding(comparison, row, *figure, what)? })
    })
    .collect()
}

fn finding<'a>(
    comparison: &Comparison<'a>,
    row: Row<'a>,
    figure: Figure,
    what: &'static str,
) -> Option<Finding> {
    let pairs = [comparison.record.reference.as_str(), RIVAL].map(|name| row.pair(name));
    let [our, their] = pairs.map(|pair| comparison.median(&row.case.id, pair, figure));
    let (our, their) = (our?, their?);
    let ratio = comparison.reference_ahead(row, figure, RIVAL);
    let alone = match figure.better() {
        Better::Higher => our / their,
        Better::Lower => their / our,
    };
    Some(Finding {
        what,
        ratio: ratio.as_ref().map_or_else(|| quotient(alone), number::ratio),
        bounds: ratio.as_ref().map(number::bounds).unwrap_or_default(),
        medians: format!("{} against {} {}", number(our), number(their), figure.unit()),
        costs: Vec::new(),
    })
}

impl Finding {
    /// The ratio, with its interval if it has one.
    fn ahead(&self) -> String {
        format!("{} {}", self.ratio, self.bounds).trim_end().into()
    }

    /// As a cost beside a rate.
    pub fn beside(&self) -> String {
        format!("{} {}, {}", self.what, self.ratio, self.medians)
    }

    /// In a line.
    fn sentence(&self) -> String {
        let line = format!("{}: {}, {}", self.what, self.ahead(), self.medians);
        match &*self.costs {
            [] => line,
            costs => {
                let costs = costs.iter().map(Finding::beside).collect::<Vec<_>>();
                format!("{line} ({})", costs.join("; "))
            }
        }
    }
}
