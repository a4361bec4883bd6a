//! What somebody who chooses between the reference and its rival wants to know, in five lines.

use super::compare::{Comparison, Lane, Row};
use super::number::{interval, number, quotient};
use crate::bench::figure::Figure;
use crate::bench::record::Record;
use crate::bench::statistics::Ratio;
use crate::glob;
use crate::report::counted;

/// Whom the reference is compared with.
const RIVAL: &str = "tonic";

/// A line: what it is about, and which figures of which cases tell it.
struct Line {
    about: &'static str,
    /// A figure, and the cases in which it is looked at; `*` stands for anything.
    figures: &'static [(Figure, &'static str)],
}

/// The lines. What a record lacks is left out.
const LINES: [Line; 5] = [
    Line {
        about: "Unary calls",
        figures: &[(Figure::Rate, "unary/0B/10x1"), (Figure::Rate, "unary/0B/100x*")],
    },
    Line {
        about: "Latency",
        figures: &[(Figure::P50, "ping-pong/unary"), (Figure::P99, "ping-pong/unary")],
    },
    Line {
        about: "Streams",
        figures: &[
            (Figure::Rate, "stream/server/1KiB/x1"),
            (Figure::Rate, "stream/client/1KiB/x1"),
            (Figure::Rate, "stream/server/64KiB/x1"),
        ],
    },
    Line {
        about: "Processor time",
        figures: &[(Figure::ServerCpu, "unary/0B/100x*"), (Figure::ClientCpu, "unary/0B/100x*")],
    },
    Line {
        about: "Footprint",
        figures: &[
            (Figure::MemoryEach, "idle/*"),
            (Figure::StartTime, "start/*"),
            (Figure::ProgramSize, "size/*"),
        ],
    },
];

/// The lines, as Markdown, and how far they can be trusted.
pub fn overview(record: &Record) -> String {
    let comparison = Comparison::of(record);
    let line =
        |(about, told): (&str, Vec<String>)| format!("- **{about}**: {}.\n", told.join("; "));
    let lines: String = lines(&comparison).into_iter().map(line).collect();
    let noise: String = comparison.noise().iter().map(|it| it.sentence() + " ").collect();
    let (rounds, cores) =
        (counted(comparison.rounds(), "round"), counted(record.machine.cores, "core"));
    let early = if record.interrupted { ", interrupted" } else { "" };
    format!(
        "{}\n\n{lines}\n{noise}{rounds}{early}, {cores}, {}.\n",
        legend(record),
        record.machine.processor
    )
}

/// What the lines' ratios are.
pub fn legend(record: &Record) -> String {
    format!(
        "{} ÷ {RIVAL}, with 95 % intervals; ~ is no difference. Of rates more is better, of all else \
         less.",
        record.reference
    )
}

/// What each line is about, and what it says.
pub fn lines(comparison: &Comparison<'_>) -> Vec<(&'static str, Vec<String>)> {
    let line = |line: &Line| {
        let told = line.figures.iter().flat_map(|(it, cases)| told(comparison, *it, cases));
        (line.about, told.collect())
    };
    LINES.iter().map(line).filter(|(_, told): &(_, Vec<_>)| !told.is_empty()).collect()
}

/// A figure in all cases that are called so: the ratio, and the two medians.
fn told<'a>(comparison: &Comparison<'a>, figure: Figure, cases: &str) -> Vec<String> {
    let cases = comparison.record.cases.iter().filter(|it| glob::matches(cases, &it.id));
    let rows = cases.map(|case| Row { case, lane: Lane::Own });
    rows.filter_map(|row| sentence(comparison, row, figure)).collect()
}

fn sentence<'a>(comparison: &Comparison<'a>, row: Row<'a>, figure: Figure) -> Option<String> {
    let pairs = [&comparison.record.reference, RIVAL].map(|name| row.lane.pair(name));
    let [ours, theirs] = pairs.map(|pair| comparison.figures(&row.case.id, pair, figure));
    let [our, their] = pairs.map(|pair| comparison.median(&row.case.id, pair, figure));
    let (our, their) = (our?, their?);
    // What is the same in every round is measured once, and has no interval.
    let ratio = match Ratio::of(&ours, &theirs) {
        Some(ratio) => interval(&ratio),
        None => quotient(our / their),
    };
    let [our, their] = [our, their].map(number);
    let title = figure.title();
    Some(format!("{} {title} {ratio}, {our} to {their} {}", row.case.id, figure.unit()))
}
