//! The report as one HTML page that needs nothing else: no network, no other file.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;

use super::counted;
use super::grid::Grid;
use super::reasons::{Place, Reason, reasons};
use crate::interop::case::Suite;
use crate::interop::record::{Cell, Peer, Record, Section};
use crate::interop::verdict::Standing;

/// The whole page.
pub fn report(record: &Record) -> String {
    format!(
        include_str!("../../assets/page.html"),
        style = include_str!("../../assets/page.css"),
        script = include_str!("../../assets/page.js"),
        command = escape(&record.command),
        facts = facts(record),
        summary = summary(record),
        errors = record.errors.iter().map(|it| format!("<li>{}\n", linked(it))).collect::<String>(),
        peers = record.peers.iter().map(peer).collect::<String>(),
        reasons = reasons_by_standing(record),
        tables = record.sections().into_iter().map(|it| section(record, it)).collect::<String>(),
        data = data(record),
    )
}

/// What the page's script gets: the cells, with what the lab makes of them.
#[derive(Serialize)]
struct Data<'a> {
    standings: [(&'static str, &'static str); 6],
    about: BTreeMap<Suite, BTreeMap<&'a str, &'a str>>,
    cells: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    cell: &'a Cell,
    standing: &'static str,
    mark: String,
    why: String,
}

fn data(record: &Record) -> String {
    let about = |suite: &Suite| suite.cases().map(|case| (case.name, case.about)).collect();
    let data = Data {
        standings: Standing::ALL.map(|standing| (standing.word(), standing.sign())),
        about: Suite::value_variants().iter().map(|suite| (*suite, about(suite))).collect(),
        cells: record.cells.iter().map(shown).collect(),
    };
    let text = serde_json::to_string(&data).expect("all keys are strings, all numbers are finite");
    text.replace('<', "\\u003c")
}

fn shown(cell: &Cell) -> Shown<'_> {
    Shown { cell, standing: cell.standing().word(), mark: mark(cell), why: cell.reason() }
}

fn mark(cell: &Cell) -> String {
    if cell.is_flaky() {
        format!("{}/{}", cell.passed, cell.attempts)
    } else {
        cell.standing().sign().into()
    }
}

fn badge(standing: Standing, text: &str) -> String {
    let (word, sign) = (standing.word(), standing.sign());
    format!("<span class=\"badge {word}\">{sign} {text}</span>")
}

fn summary(record: &Record) -> String {
    let counts = Standing::ALL.into_iter().rev().map(|standing| (standing, record.count(standing)));
    let counts = counts.filter(|(_, count)| *count > 0);
    let counts = counts.map(|(it, count)| badge(it, &format!("{count} {}", it.word())));
    let flaky = record.cells.iter().filter(|cell| cell.is_flaky()).count();
    let flaky = match flaky {
        0 => String::new(),
        flaky => format!(" <span class=\"badge flaky\">n/m {flaky} flaky</span>"),
    };
    let cells = counted(record.cells.len(), "cell");
    format!("<strong>{cells}</strong> {}{flaky}", counts.collect::<Vec<_>>().join(" "))
}

fn facts(record: &Record) -> String {
    let started = record.started.replace('T', " ").replace('Z', " UTC");
    let seconds = Duration::from_secs_f64(record.seconds.round());
    let early = if record.interrupted { ", <em>interrupted</em>" } else { "" };
    let took = format!("{}{early}", humantime::format_duration(seconds));
    let machine =
        format!("{}, {}", counted(record.machine.cores, "core"), escape(&record.machine.system));
    let lab = escape(&record.lab);
    [("When", escape(&started)), ("Took", took), ("Machine", machine), ("Lab", lab)]
        .map(|(name, value)| format!("<div><dt>{name}<dd>{value}</div>\n"))
        .concat()
}

fn peer(peer: &Peer) -> String {
    let stack = escape(&peer.stack);
    let stack = if is_address(&peer.homepage) {
        format!("<a href=\"{}\">{stack}</a>", escape(&peer.homepage))
    } else {
        stack
    };
    let version = match (&peer.version, &peer.no_run) {
        (Some(version), _) => format!("<code>{}</code>", escape(version)),
        (None, reason) => {
            let standing = if peer.required { Standing::Fail } else { Standing::NoRun };
            badge(standing, &escape(reason.as_deref().unwrap_or("no version")))
        }
    };
    let (name, language) = (escape(&peer.name), escape(&peer.language));
    format!("<tr><th scope=row>{name}<td>{stack}<td>{language}<td>{version}\n")
}

fn reasons_by_standing(record: &Record) -> String {
    let reasons = reasons(record);
    let of = |standing| reasons.iter().filter(move |it| it.standing == standing);
    let section = |standing: Standing| {
        let items: String = of(standing).map(reason).collect();
        let open = if standing >= Standing::Unsupported { "" } else { " open" };
        let badge = badge(standing, &format!("{} {}", record.count(standing), standing.word()));
        format!("<details{open}><summary>{badge}</summary>\n<ul>\n{items}</ul></details>\n")
    };
    Standing::ALL.into_iter().filter(|it| of(*it).next().is_some()).map(section).collect()
}

fn reason(reason: &Reason<'_>) -> String {
    let places: String = reason.places.iter().map(place).collect();
    format!("<li>{}\n<ul>{places}</ul>\n", linked(&reason.text))
}

fn place(place: &Place<'_>) -> String {
    let cases = place.cases.iter().map(|case| format!("<code>{}</code>", escape(case)));
    let cases = cases.collect::<Vec<_>>().join(", ");
    let [clients, servers] =
        [&place.clients, &place.servers].map(|names| escape(&names.join(", ")));
    let way = escape(&place.way());
    format!("<li>{clients} → {servers}{way}: {cases}\n")
}

/// The tables for readers without script: one for each client.
fn section(record: &Record, section: Section<'_>) -> String {
    let grid = Grid::of(record, section);
    let tables = grid.clients().into_iter().map(|client| table(&grid, client));
    format!("<h2>{section}</h2>\n{}", tables.collect::<String>())
}

fn table<'a>(grid: &Grid<'a>, client: &'a str) -> String {
    let pairs: Vec<_> = grid.pairs.iter().filter(|pair| pair.0 == client).collect();
    let servers = pairs.iter().map(|pair| format!("<th scope=col>{}", escape(pair.1)));
    let header = format!("<th>{} →{}", escape(client), servers.collect::<String>());
    let rows = grid.cases.iter().map(|case| {
        let cells = pairs.iter().map(|pair| match grid.cell(case, **pair) {
            Some(cell) => format!("<td class={}>{}", cell.standing().word(), mark(cell)),
            None => "<td>".into(),
        });
        format!("<tr><th scope=row>{}{}\n", escape(case), cells.collect::<String>())
    });
    let rows: String = rows.collect();
    format!("<div class=scroll><table class=matrix><tr>{header}\n{rows}</table></div>\n")
}

/// A text of whatever origin, with its web addresses as links.
fn linked(text: &str) -> String {
    let word = |word: &str| {
        let address = word.trim_end_matches([',', '.', ')', ':', ';', '\n']);
        let rest = escape(&word[address.len()..]);
        let address = escape(address);
        if is_address(&address) {
            format!("<a href=\"{address}\">{address}</a>{rest}")
        } else {
            address + &rest
        }
    };
    text.split_inclusive([' ', '('])
        .map(|it| match it.strip_suffix([' ', '(']) {
            Some(start) => word(start) + &it[start.len()..],
            None => word(it),
        })
        .collect()
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// A text of whatever origin, as HTML that shows it, in an attribute as well.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interop::record::tests::sample;
    use crate::interop::verdict::Verdict;

    #[test]
    fn what_peers_say_stays_text() {
        const EVIL: &str = "</script><img src=x onerror=alert(1)>'\"&";
        let mut record = sample();
        record.cells[1].verdict = Verdict::Fail(EVIL.into());
        record.cells[1].client = EVIL.into();
        record.peers[0].version = Some(EVIL.into());
        record.peers[0].homepage = "javascript:alert(1)".into();
        (record.command, record.errors[0]) = (EVIL.into(), EVIL.into());
        let page = report(&record);
        assert!(!page.contains("<img"), "{page}");
        assert!(!page.contains("javascript:"), "{page}");
        assert_eq!(page.matches("</script>").count(), 2, "{page}");
    }

    #[test]
    fn the_data_survives() {
        let page = report(&sample());
        let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        let cell = &data["cells"][2];
        assert_eq!((&cell["verdict"], &cell["standing"]), (&"fail".into(), &"known".into()));
        assert_eq!((&cell["mark"], &cell["why"]), (&"⊘".into(), &"ignores it".into()));
        assert_eq!(data["cells"][1]["mark"], "1/2");
        let case = Suite::Interop.cases().next().unwrap();
        assert_eq!(data["about"]["interop"][case.name], case.about);
    }

    #[test]
    fn addresses_become_links() {
        assert_eq!(
            linked("see (https://a.org/1?b&c), <or> http://d.org."),
            "see (<a href=\"https://a.org/1?b&amp;c\">https://a.org/1?b&amp;c</a>), &lt;or&gt; \
             <a href=\"http://d.org\">http://d.org</a>."
        );
    }
}
