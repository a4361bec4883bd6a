//! The report for a terminal: matrices that fit into 100 columns, then the reasons.

use std::fmt::Write;

use super::counted;
use super::grid::{Grid, Pair, mark};
use super::reasons::{Place, Reason, reasons};
use super::style::Style;
use crate::interop::record::{Peer, Record};
use crate::interop::verdict::Standing;

const WIDTH: usize = 100;

/// The whole report.
pub fn report(record: &Record, style: Style) -> String {
    let mut text = String::new();
    for peer in &record.peers {
        text += &peer_line(peer, style);
    }
    for section in record.sections() {
        let grid = Grid::of(record, section);
        text += &format!("\n{}\n", style.bold(&section.to_string()));
        text += &matrix(&grid, style);
    }
    for reason in reasons(record) {
        text += &reason_lines(&reason, style);
    }
    text + &summary(record, style)
}

fn peer_line(peer: &Peer, style: Style) -> String {
    let result = match (&peer.version, &peer.no_run) {
        (Some(version), _) => version.clone(),
        (None, reason) => {
            let reason = format!("no-run: {}", reason.as_deref().unwrap_or("no version"));
            let standing = if peer.required { Standing::Fail } else { Standing::NoRun };
            style.paint(standing, &reason)
        }
    };
    format!("{:<16} {:<16} {result}\n", peer.name, peer.stack)
}

/// Cases down, pairs across; as many blocks as it takes.
fn matrix(grid: &Grid<'_>, style: Style) -> String {
    let name = grid.cases.iter().map(|case| case.len()).max().unwrap_or(0).max("client".len());
    let names = grid.pairs.iter().flat_map(|(client, server)| [client.len(), server.len()]);
    let column = names.max().unwrap_or(0).max("no-run".len()) + 2;
    let fit = ((WIDTH.saturating_sub(name)) / column).max(1);
    let blocks = blocks(grid, fit);
    let blocks = blocks.iter().map(|pairs| block(grid, pairs, (name, column), style));
    blocks.collect::<Vec<_>>().join("\n")
}

/// The pairs in blocks that fit; a client's pairs stay together if they can.
fn blocks<'a>(grid: &Grid<'a>, fit: usize) -> Vec<Vec<Pair<'a>>> {
    let mut blocks: Vec<Vec<Pair<'a>>> = Vec::new();
    for client in grid.clients() {
        let pairs: Vec<_> = grid.pairs.iter().filter(|pair| pair.0 == client).copied().collect();
        match blocks.last_mut() {
            Some(last) if last.len() + pairs.len() <= fit => last.extend(pairs),
            _ => blocks.extend(pairs.chunks(fit).map(<[_]>::to_vec)),
        }
    }
    blocks
}

fn block(
    grid: &Grid<'_>,
    pairs: &[Pair<'_>],
    (name, column): (usize, usize),
    style: Style,
) -> String {
    let mut text = String::new();
    let header = |title: &str, names: Vec<&str>| {
        let names = names.iter().map(|name| format!("  {name:<0$}", column - 2));
        format!("{title:<name$}{}\n", names.collect::<String>())
    };
    let clients = pairs.iter().enumerate().map(|(index, pair)| {
        let is_same = index > 0 && pairs[index - 1].0 == pair.0;
        if is_same { "" } else { pair.0 }
    });
    text += header("client", clients.collect()).trim_end();
    text += "\n";
    text += header("server", pairs.iter().map(|pair| pair.1).collect()).trim_end();
    text += "\n";
    for case in &grid.cases {
        let marks = pairs.iter().map(|pair| match grid.cell(case, *pair) {
            Some(cell) => {
                let mark = format!("{:<1$}", mark(cell), column - 2);
                format!("  {}", style.paint(cell.standing(), &mark))
            }
            None => " ".repeat(column),
        });
        let line = format!("{case:<name$}{}", marks.collect::<String>());
        text += line.trim_end();
        text += "\n";
    }
    text
}

fn reason_lines(reason: &Reason<'_>, style: Style) -> String {
    let word = style.paint(reason.standing, reason.standing.word());
    let mut text = format!("\n{word}: {}\n", reason.text);
    for place in &reason.places {
        text += &place_lines(place);
    }
    if reason.standing.is_error() {
        // A `String` takes whatever is written.
        writeln!(text, "  again: {}", reason.command).unwrap_or_default();
    }
    text
}

fn place_lines(place: &Place<'_>) -> String {
    let [clients, servers] = [&place.clients, &place.servers].map(|names| names.join(", "));
    let words = format!("{clients} -> {servers}{}:", place.way());
    // Who reads a terminal wants to know of many cases that they are many.
    const MANY: usize = 12;
    let cases = match place.cases.len() {
        count @ MANY.. => format!("{count} cases"),
        _ => place.cases.join(", "),
    };
    let mut lines = String::new();
    let mut line = String::from(" ");
    for word in words.split(' ').chain(cases.split(' ')) {
        if line.len() + 1 + word.len() > WIDTH {
            lines += &line;
            lines += "\n";
            line = "   ".into();
        }
        line += " ";
        line += word;
    }
    lines + &line + "\n"
}

fn summary(record: &Record, style: Style) -> String {
    let mut text = String::from("\n");
    for error in &record.errors {
        text += &format!("{}: {error}\n", style.paint(Standing::Fail, "error"));
    }
    let counts = Standing::ALL.iter().rev().map(|standing| (*standing, record.count(*standing)));
    let counts = counts.filter(|(_, count)| *count > 0);
    let counts = counts
        .map(|(standing, count)| style.paint(standing, &format!("{count} {}", standing.word())));
    let counts = counts.collect::<Vec<_>>().join(", ");
    let flaky = record.cells.iter().filter(|cell| cell.is_flaky()).count();
    let flaky = if flaky > 0 { format!(", {flaky} flaky") } else { String::new() };
    let early = if record.interrupted { " (interrupted)" } else { "" };
    let cells = counted(record.cells.len(), "cell");
    text + &format!("{cells}: {counts}{flaky}, in {} s{early}\n", record.seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interop::record::tests::sample;

    #[test]
    fn a_report() {
        let expected = "\
go               grpc-go          1.85.0
java             grpc-java        no-run: java not found

interop, plaintext
client       go      java
server       go      go
empty_unary  pass    1/2
large_unary  no-run  known
ping_pong    -       PASS?

fail: exit code 1: expected 12, got 2 (passed 1 of 2)
  java -> go: empty_unary
  again: lab run --suite interop --pair java:go --case empty_unary

surprise: passes, but go/known-failing.txt:1 says it fails: ignores it
  java -> go: ping_pong
  again: lab run --suite interop --pair java:go --case ping_pong

known: ignores it
  java -> go: large_unary

unsupported: go says so
  go -> go: ping_pong

no-run: java not found
  go -> go: large_unary

error: go/known-failing.txt:2: interop has no case emty_unary
6 cells: 1 pass, 1 no-run, 1 unsupported, 1 known, 1 surprise, 1 fail, 1 flaky, in 61.5 s
";
        let mut record = sample();
        crate::interop::record::sort(&mut record.cells);
        assert_eq!(report(&record, Style::PLAIN), expected);
    }

    #[test]
    fn no_line_of_a_large_matrix_is_too_long() {
        let mut record = sample();
        let template = record.cells[0].clone();
        let names = ["cpp", "go", "grpcio", "java", "node", "python", "python@1.56.2", "tonic"];
        record.cells.clear();
        for client in names {
            for server in names {
                let mut cell = template.clone();
                (cell.client, cell.server) = (client.into(), server.into());
                record.cells.push(cell);
            }
        }
        let report = report(&record, Style::PLAIN);
        let longest = report.lines().map(str::len).max();
        assert!(longest <= Some(WIDTH), "{longest:?}\n{report}");
    }
}
