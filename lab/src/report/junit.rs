//! The report as JUnit XML, for continuous integration.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::interop::record::{Cell, Record};
use crate::interop::verdict::Standing;

/// A test suite for each suite, transport and pair, and a test case for each cell.
pub fn report(record: &Record) -> String {
    let mut suites = BTreeMap::<_, TestSuite>::new();
    for cell in &record.cells {
        let proxy = cell.proxy.as_ref().map(|it| format!("{it}->")).unwrap_or_default();
        let Cell { suite, transport, client, server, .. } = cell;
        let name = format!("{suite} {transport} {client}->{proxy}{server}");
        let suite = suites.entry(name.clone()).or_insert_with(|| TestSuite::new(name.clone()));
        suite.add_test_case(test_case(cell, &name));
    }
    if !record.errors.is_empty() {
        suites.insert("~".into(), errors(record));
    }
    let mut report = Report::new("lab");
    report.set_time(Duration::from_secs_f64(record.seconds));
    report.add_test_suites(suites.into_values());
    report.to_string().expect("what quick-junit takes, it can write")
}

fn test_case(cell: &Cell, suite: &str) -> TestCase {
    let mut case = TestCase::new(cell.case.as_str(), status(cell));
    case.set_classname(suite).set_time(Duration::from_secs_f64(cell.seconds));
    if let Some(evidence) = &cell.evidence {
        case.set_system_out(evidence.client.join("\n"));
        case.set_system_err(evidence.server.join("\n"));
    }
    case
}

fn status(cell: &Cell) -> TestCaseStatus {
    let standing = cell.standing();
    let mut status = match standing {
        Standing::Pass => return TestCaseStatus::success(),
        Standing::Fail | Standing::Surprise => failure(&cell.command),
        Standing::Known | Standing::Unsupported | Standing::NoRun => TestCaseStatus::skipped(),
    };
    status.set_message(format!("{}: {}", standing.word(), cell.reason()));
    status
}

fn errors(record: &Record) -> TestSuite {
    let mut suite = TestSuite::new("known-failing lists");
    for error in &record.errors {
        let mut status = failure("");
        status.set_message(error.as_str());
        let place = error.split(": ").next().unwrap_or(error);
        suite.add_test_case(TestCase::new(place, status));
    }
    suite
}

fn failure(description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type("fail").set_description(description);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interop::record::tests::sample;

    #[test]
    fn a_report() {
        let xml = report(&sample());
        for part in [
            r#"<testsuites name="lab" tests="7" failures="3" errors="0""#,
            r#"<testsuite name="interop plaintext java-&gt;go" tests="3" disabled="1" errors="0" failures="2">"#,
            r#"<testcase name="empty_unary" classname="interop plaintext go-&gt;go" time="0.250">"#,
            r#"<failure message="fail: exit code 1: expected 12, got 2 (passed 1 of 2)" type="fail">lab run --suite interop --pair java:go --case empty_unary</failure>"#,
            r#"<failure message="surprise: passes, but go/known-failing.txt:1"#,
            r#"<skipped message="known: ignores it"/>"#,
            r#"<skipped message="unsupported: go says so"/>"#,
            r#"<skipped message="no-run: java not found"/>"#,
            "<system-out>c1</system-out>",
            "<system-err>s1</system-err>",
            r#"<testcase name="go/known-failing.txt:2">"#,
        ] {
            assert!(xml.contains(part), "{part}\nis not in\n{xml}");
        }
    }
}
