use super::*;

/// A record with one cell of each standing, and a flaky one.
pub fn sample() -> Record {
    let known = Known {
        place: "go/known-failing.txt:1".into(),
        reason: "ignores it".into(),
        at_times: false,
    };
    let (client, server) = (vec!["c1".into()], vec!["s1".into()]);
    let evidence = Evidence { client, server, proxy: Vec::new() };
    let fail = || Verdict::Fail("exit code 1: expected 12, got 2".into());
    let cells = vec![
        Cell { attempts: 2, passed: 2, ..cell("empty_unary", "go", "go", Verdict::Pass) },
        Cell {
            attempts: 2,
            passed: 1,
            evidence: Some(evidence),
            ..cell("empty_unary", "java", "go", fail())
        },
        Cell { known: Some(known.clone()), ..cell("large_unary", "java", "go", fail()) },
        Cell { known: Some(known), passed: 1, ..cell("ping_pong", "java", "go", Verdict::Pass) },
        cell("ping_pong", "go", "go", Verdict::Unsupported("go says so".into())),
        cell("large_unary", "go", "go", Verdict::NoRun("java not found".into())),
    ];
    Record {
        schema: SCHEMA,
        lab: "0.1.0".into(),
        command: "lab run --suite interop".into(),
        started: "2026-11-24T12:00:00Z".into(),
        seconds: 61.5,
        machine: Machine {
            cores: 2,
            processor: String::new(),
            memory: 0,
            system: "Linux 6.1".into(),
        },
        interrupted: false,
        peers: vec![
            Peer { version: Some("1.85.0".into()), ..peer("go") },
            Peer { no_run: Some("java not found".into()), ..peer("java") },
        ],
        cells,
        errors: vec!["go/known-failing.txt:2: interop has no case emty_unary".into()],
    }
}

fn peer(name: &str) -> Peer {
    Peer {
        name: name.into(),
        stack: format!("grpc-{name}"),
        language: name.into(),
        homepage: format!("https://example.org/{name}"),
        version: None,
        no_run: None,
        required: false,
    }
}

fn cell(case: &str, client: &str, server: &str, verdict: Verdict) -> Cell {
    Cell {
        suite: Suite::Interop,
        transport: Transport::Plaintext,
        client: client.into(),
        server: server.into(),
        proxy: None,
        case: case.into(),
        verdict,
        known: None,
        attempts: 1,
        passed: 0,
        seconds: 0.25,
        command: format!("lab run --suite interop --pair {client}:{server} --case {case}"),
        logs: Some(format!("logs/{client}--{server}/{case}")),
        evidence: None,
    }
}

#[test]
fn a_record_survives_being_written() {
    let text = serde_json::to_string(&sample()).unwrap();
    let read = Record::read(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    assert!(Record::read(&text.replace("\"schema\":1", "\"schema\":2")).is_err());
}

#[test]
fn a_record_is_written_with_a_line_for_each_cell() {
    let record = sample();
    let text = record.json();
    let lines = text.lines().filter(|line| line.starts_with("    {\"suite\""));
    assert_eq!(lines.count(), record.cells.len());
    assert_eq!(Record::read(&text).unwrap().json(), text);
}

#[test]
fn what_is_listed_as_failing_at_times_may_pass() {
    let mut cell = sample().cells.swap_remove(3);
    assert_eq!(cell.standing(), Standing::Surprise);
    cell.known = cell.known.map(|known| Known { at_times: true, ..known });
    assert_eq!(cell.standing(), Standing::Pass);
}

#[test]
fn a_cell_as_json() {
    let cell = serde_json::to_value(&sample().cells[2]).unwrap();
    let expected = serde_json::json!({
        "suite": "interop",
        "transport": "plaintext",
        "client": "java",
        "server": "go",
        "case": "large_unary",
        "verdict": "fail",
        "reason": "exit code 1: expected 12, got 2",
        "known": { "place": "go/known-failing.txt:1", "reason": "ignores it" },
        "attempts": 1,
        "passed": 0,
        "seconds": 0.25,
        "command": "lab run --suite interop --pair java:go --case large_unary",
        "logs": "logs/java--go/large_unary",
    });
    assert_eq!(cell, expected);
}

#[test]
fn the_exit_code_is_that_of_the_worst() {
    let mut record = sample();
    assert_eq!(record.exit(), Exit::Failed);
    record.errors.clear();
    record.cells.retain(|cell| !cell.standing().is_error());
    assert_eq!(record.exit(), Exit::Ok);
    record.peers[1].required = true;
    assert_eq!(record.exit(), Exit::Environment);
    record.interrupted = true;
    assert_eq!(record.exit(), Exit::Interrupted);
}

#[test]
fn a_run_of_nothing_is_not_green() {
    let mut record = sample();
    record.errors.clear();
    record.cells.retain(|cell| cell.standing() == Standing::NoRun);
    assert_eq!(record.exit(), Exit::Environment);
}
