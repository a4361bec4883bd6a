//! The report as Markdown, for a README or a summary page.

use super::grid::{Grid, mark};
use super::reasons::{Place, Reason, reasons};
use crate::interop::record::{Peer, Record, Section};
use crate::interop::verdict::Standing;

/// The whole report.
pub fn report(record: &Record) -> String {
    let mut text = format!("`{}`, {}\n\n", record.command, record.started);
    text += &table(&["peer", "stack", "version"], record.peers.iter().map(peer_row));
    for it in record.sections() {
        text += &section(record, it);
    }
    for standing in Standing::ALL {
        let reasons: Vec<_> =
            reasons(record).into_iter().filter(|it| it.standing == standing).collect();
        if !reasons.is_empty() {
            text += &format!("\n**{}**\n\n", standing.word());
            text.extend(reasons.iter().map(reason_lines));
        }
    }
    if !record.errors.is_empty() {
        text += "\n**errors**\n\n";
        text.extend(record.errors.iter().map(|error| format!("- {}\n", escape(error))));
    }
    text
}

/// What fits on a front page: who took part, and how many cases have which verdict.
pub fn overview(record: &Record) -> String {
    let mut text = table(&["peer", "stack", "version"], record.peers.iter().map(peer_row));
    for section in record.sections() {
        let grid = Grid::of(record, section);
        let overview = clients_by_servers(&grid, |pair| signs(&grid, pair));
        text += &format!("\n**{section}**, of {} cases each\n\n{overview}", grid.cases.len());
    }
    let legend: Vec<_> = Standing::ALL
        .into_iter()
        .rev()
        .filter(|standing| record.count(*standing) > 0)
        .map(|standing| {
            format!("{} {} {}", standing.sign(), standing.word(), record.count(standing))
        })
        .collect();
    text + &format!("\nIn all: {}.\n", legend.join(", "))
}

fn signs<'a>(grid: &Grid<'a>, pair: (&'a str, &'a str)) -> String {
    let counts = grid.counts(pair).into_iter().rev();
    let counts = counts.map(|(standing, count)| format!("{count} {}", standing.sign()));
    counts.collect::<Vec<_>>().join(" ")
}

fn peer_row(peer: &Peer) -> Vec<String> {
    let no_run = peer.no_run.as_deref().unwrap_or("no version");
    let version = peer.version.clone().unwrap_or_else(|| format!("no-run: {}", escape(no_run)));
    let stack = format!("[{}]({})", escape(&peer.stack), peer.homepage);
    vec![peer.name.clone(), stack, escape(&version)]
}

/// Clients down, servers across, and how many cases have which verdict; each case folded away.
fn section(record: &Record, section: Section<'_>) -> String {
    let grid = Grid::of(record, section);
    let overview = clients_by_servers(&grid, |pair| counts(&grid, pair));
    let cases: String = grid.clients().into_iter().map(|client| by_case(&grid, client)).collect();
    format!(
        "\n### {section}\n\n{overview}\n<details><summary>Case by case</summary>\n{cases}\n</details>\n"
    )
}

fn clients_by_servers<'a>(
    grid: &Grid<'a>,
    content: impl Fn((&'a str, &'a str)) -> String,
) -> String {
    let servers: Vec<_> = grid.servers().into_iter().collect();
    let header: Vec<_> = ["client \\ server"].into_iter().chain(servers.iter().copied()).collect();
    let rows = grid.clients().into_iter().map(|client| {
        let contents = servers.iter().map(|server| content((client, server)));
        [format!("**{client}**")].into_iter().chain(contents).collect()
    });
    table(&header, rows)
}

fn counts<'a>(grid: &Grid<'a>, pair: (&'a str, &'a str)) -> String {
    let counts = grid.counts(pair).into_iter().rev();
    let counts = counts.map(|(standing, count)| format!("{count} {}", standing.word()));
    counts.collect::<Vec<_>>().join(", ")
}

fn by_case<'a>(grid: &Grid<'a>, client: &'a str) -> String {
    let pairs: Vec<_> = grid.pairs.iter().filter(|pair| pair.0 == client).collect();
    let title = format!("client {client}, server:");
    let header: Vec<_> =
        [title.as_str()].into_iter().chain(pairs.iter().map(|pair| pair.1)).collect();
    let rows = grid.cases.iter().map(|case| {
        let marks = pairs.iter().map(|pair| grid.cell(case, **pair).map(mark).unwrap_or_default());
        [format!("`{case}`")].into_iter().chain(marks).collect()
    });
    format!("\n{}", table(&header, rows))
}

fn reason_lines(reason: &Reason<'_>) -> String {
    let places = reason.places.iter().map(place).collect::<Vec<_>>().join("; ");
    format!("- {} ({places})\n", escape(&reason.text))
}

fn place(place: &Place<'_>) -> String {
    let cases = place.cases.iter().map(|case| format!("`{case}`")).collect::<Vec<_>>();
    let [clients, servers] = [&place.clients, &place.servers].map(|names| names.join(", "));
    format!("{clients} → {servers}{}: {}", place.way(), cases.join(", "))
}

fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let header_line = line(header.iter().map(ToString::to_string).collect());
    header_line
        + &format!("|{}\n", "---|".repeat(header.len()))
        + &rows.map(line).collect::<String>()
}

/// A text of whatever origin, in one line that Markdown takes as text.
pub fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => escaped.push(' '),
            '<' => escaped += "&lt;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' => escaped.extend(['\\', character]),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interop::record::tests::sample;

    #[test]
    fn a_report() {
        let expected = "\
`lab run --suite interop`, 2026-11-24T12:00:00Z

| peer | stack | version |
|---|---|---|
| go | [grpc-go](https://example.org/go) | 1.85.0 |
| java | [grpc-java](https://example.org/java) | no-run: java not found |

### interop, plaintext

| client \\ server | go |
|---|---|
| **go** | 1 pass, 1 no-run, 1 unsupported |
| **java** | 1 known, 1 surprise, 1 fail |

<details><summary>Case by case</summary>

| client go, server: | go |
|---|---|
| `empty_unary` | pass |
| `large_unary` | no-run |
| `ping_pong` | - |

| client java, server: | go |
|---|---|
| `empty_unary` | 1/2 |
| `large_unary` | known |
| `ping_pong` | PASS? |

</details>

**fail**

- exit code 1: expected 12, got 2 (passed 1 of 2) (java → go: `empty_unary`)

**surprise**

- passes, but go/known-failing.txt:1 says it fails: ignores it (java → go: `ping_pong`)

**known**

- ignores it (java → go: `large_unary`)

**unsupported**

- go says so (go → go: `ping_pong`)

**no-run**

- java not found (go → go: `large_unary`)

**errors**

- go/known-failing.txt:2: interop has no case emty\\_unary
";
        let mut record = sample();
        crate::interop::record::sort(&mut record.cells);
        assert_eq!(report(&record), expected);
    }

    #[test]
    fn a_reason_can_not_break_a_table() {
        assert_eq!(escape("a|b\n<i>_c_"), "a\\|b &lt;i>\\_c\\_");
    }
}
