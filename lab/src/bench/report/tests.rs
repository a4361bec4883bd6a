//! On a record that was made up.

use super::compare::Counterpart;
use super::*;
use crate::bench::statistics::Difference;
use crate::report::style::Style;

#[path = "../../../tests/bench_record.rs"]
mod bench_record;

/// The record.
pub fn sample() -> Record {
    Record::read(&bench_record::record().to_string()).unwrap()
}

fn row<'a>(comparison: &Comparison<'a>, label: &str) -> Row<'a> {
    let mut rows = comparison.workloads().into_iter().flat_map(|it| it.rows);
    rows.find(|it| it.label() == label).unwrap_or_else(|| panic!("no row {label}"))
}

#[test]
fn the_reference_comes_first_and_second_copies_not_at_all() {
    let record = sample();
    let comparison = Comparison::of(&record);
    let names: Vec<_> = comparison.contestants.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["quartet", "tonic", "cpp", "go", "java"]);
}

#[test]
fn who_had_no_turn_has_no_column() {
    let mut record = sample();
    record.samples.retain(|it| it.client != "java" && it.server != "java");
    record.samples.retain(|it| it.case == "unary/0B/10x1" || it.server != "cpp");
    let comparison = Comparison::of(&record);
    let names = |rows: &[Row<'_>]| {
        let contestants = comparison.in_rows(rows).into_iter();
        contestants.map(|it| it.name.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&[row(&comparison, "unary/0B/10x1")]), "quartet tonic cpp go");
    assert_eq!(names(&[row(&comparison, "unary/0B/1x1")]), "quartet tonic go");
}

#[test]
fn ahead_is_better_whatever_the_figure() {
    let record = sample();
    let comparison = Comparison::of(&record);
    let row = row(&comparison, "unary/0B/10x1");
    for figure in [Figure::Rate, Figure::P50, Figure::ServerCpu] {
        let ahead = comparison.reference_ahead(row, figure, "tonic").unwrap();
        assert!(ahead.difference() == Difference::More && ahead.rounds == 4, "{ahead:?}");
        let behind = comparison.reference_ahead(row, figure, "java").unwrap();
        assert_eq!(behind.difference(), Difference::Less, "{behind:?}");
    }
}

#[test]
fn tools_have_rows_of_their_own() {
    let record = sample();
    let comparison = Comparison::of(&record);
    let row = row(&comparison, "server/h2load/100x4, from h2load");
    assert_eq!(row.counterpart, Counterpart::Client("h2load"));
    assert!(comparison.reference_ahead(row, Figure::Rate, "tonic").is_some());
}

#[test]
fn a_second_copy_tells_the_noise() {
    let record = sample();
    let comparison = Comparison::of(&record);
    let [noise] = &comparison.noise()[..] else { panic!("one contestant took part twice") };
    assert_eq!((noise.copy, noise.original), ("quartet-again", "quartet"));
    // All cases but the one that is measured once.
    assert_eq!(noise.ratios.len(), record.cases.len() - 1);
    assert!(noise.none() > noise.ratios.len() / 2, "{}", noise.sentence());
    assert!(noise.sentence().contains(&format!("in {} of {}", noise.none(), noise.ratios.len())));
}

#[test]
fn the_terminal_is_told_everything_that_was_not_measured() {
    let text = terminal::report(&sample(), Style::PLAIN);
    for expected in [
        "python         grpcio             Python",
        "no-run: python3 not found",
        "unary: How many unary calls?",
        "noise: quartet-again is a second copy of quartet",
        "failed the worker ended, signal 11 (ping-pong/unary: cpp)",
        "void answers of <3> bytes, not 0 (unary/0B/100x4: go)",
        "errors 3 calls did not end with OK (unary/0B/100x1: cpp (in 4 rounds))",
        "unsupported its worker has no StreamingFromServer (stream/server/1KiB/1x1: java",
        "4 rounds in 1h 2m 5s, on 2 cores (A <Processor>, 8000 MiB, Linux 6.1)",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    let longest = text.lines().filter(|it| it.contains("0B/")).map(|it| it.chars().count()).max();
    assert!(longest <= Some(100), "{longest:?}\n{text}");
}

#[test]
fn csv_has_a_row_for_each_figure() {
    let record = sample();
    let text = csv::report(&record);
    let figures = record.samples.iter().filter_map(|it| it.readings()).map(|it| it.figures.len());
    let others = record.samples.iter().filter(|it| it.readings().is_none()).count();
    assert_eq!(text.lines().count(), 1 + figures.sum::<usize>() + others);
    let expected = "unary,unary/0B/100x4,go,go,2,void,,,,\"answers of <3> bytes, not 0\"";
    assert!(text.lines().any(|line| line == expected), "{text}");
}

#[test]
fn the_front_page_has_four_lines() {
    let text = overview::overview(&sample());
    assert_eq!(text.lines().filter(|it| it.starts_with("- **")).count(), 4, "{text}");
    assert!(
        text.contains("- **Latency**: the median, one call at a time: 1.60 (1.51 to 1.70)"),
        "{text}"
    );
    assert!(text.contains("; program: 1."), "{text}");
    assert!(text.contains("/s (server CPU 1.37, "), "{text}");
    let mut record = sample();
    record.contestants.retain(|it| it.name != "tonic");
    record.samples.retain(|it| it.client != "tonic" && it.server != "tonic");
    assert!(overview::lines(&Comparison::of(&record)).is_empty());
}

#[test]
fn the_headline_is_the_first_figure_of_each_line() {
    let text = overview::headline(&sample());
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(text.matches("; ").count(), 3, "{text}");
    assert!(text.contains("; latency, the median, one call at a time, 1."), "{text}");
    assert!(text.contains("server CPU 1.37, client CPU 1.37; latency"), "{text}");
    assert!(!text.contains("program"), "{text}");
}

#[test]
fn an_interruption_is_told() {
    let mut record = sample();
    record.interrupted = true;
    let reports = [
        terminal::report(&record, Style::PLAIN),
        markdown::report(&record),
        html::report(&record),
        overview::overview(&record),
    ];
    assert!(reports.iter().all(|it| it.contains("interrupted")));
}

#[test]
fn a_record_of_nothing_has_reports_too() {
    let mut record = sample();
    record.samples.clear();
    record.contestants.clear();
    assert!(terminal::report(&record, Style::PLAIN).contains("0 rounds"));
    assert!(markdown::report(&record).contains("0 rounds"));
    assert!(overview::overview(&record).contains("0 rounds"));
    assert!(html::report(&record).contains("No contestant took part twice"));
}

#[test]
fn what_workers_say_stays_text() {
    const EVIL: &str = "</script><img src=x onerror=alert(1)>'\"&";
    let mut record = sample();
    for contestant in &mut record.contestants {
        if contestant.name == "go" {
            contestant.name = EVIL.into();
        }
        contestant.settings = EVIL.into();
    }
    for sample in &mut record.samples {
        for name in [&mut sample.client, &mut sample.server] {
            if name == "go" {
                *name = EVIL.into();
            }
        }
    }
    record.cases.iter_mut().for_each(|it| it.question = EVIL.into());
    record.machine.processor = EVIL.into();
    record.command = EVIL.into();
    let page = html::report(&record);
    assert!(!page.contains("<img"));
    assert_eq!(page.matches("</script>").count(), 1);
}
