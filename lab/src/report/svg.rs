//! The matrix as a picture: clients down, servers across, a square for each pair. It needs no
//! other file, and fits pages in light and in dark.

use std::collections::{BTreeMap, BTreeSet};

use super::grid::Pair;
use super::html::escape;
use super::with_commas;
use crate::interop::record::{Peer, Record};
use crate::interop::verdict::Standing;
use crate::peer::raw;

/// The size of the smallest text: 1/40 of the width of ten columns, which a phone still shows.
const FONT: usize = 23;

/// From one line of text to the next.
const LINE: usize = 34;

/// From one square to the next.
const PITCH: usize = 72;

/// The side of a square.
const SIDE: usize = 68;

/// The width of what stands before a row.
const LABELS: usize = 178;

/// What is free around everything.
const MARGIN: usize = 12;

/// The width of the heading, which the picture has at least.
const HEADING: usize = 770;

/// A part of a square is seen, however few cases it stands for.
const THINNEST: usize = 5;

/// How many cases of a pair have each standing.
type Counts = BTreeMap<Standing, usize>;

/// Who called whom, in the record's order, and what came of it.
struct Matrix<'a> {
    clients: Vec<&'a Peer>,
    servers: Vec<&'a Peer>,
    counts: BTreeMap<Pair<'a>, Counts>,
}

/// A line below the matrix, with a sign if it is about a standing.
struct Line {
    standing: Option<Standing>,
    text: String,
}

/// The whole picture.
pub fn report(record: &Record) -> String {
    let matrix = Matrix::of(record);
    let top = 2 * MARGIN + 2 * LINE + header_height(&matrix.servers);
    let bottom = top + matrix.clients.len() * PITCH + MARGIN;
    let rows = matrix.clients.iter().enumerate();
    let rows = rows.map(|(row, client)| matrix.row(client, top + row * PITCH));
    let legend = legend(record, &matrix);
    let lines = legend.iter().enumerate().map(|(line, it)| it.svg(bottom + line * LINE));
    format!(
        include_str!("../../assets/matrix.svg"),
        width = width(&matrix.servers),
        height = bottom + legend.len() * LINE + MARGIN,
        description = escape(&description(&legend)),
        style = include_str!("../../assets/matrix.css"),
        side = SIDE,
        margin = MARGIN,
        title = MARGIN + LINE,
        subtitle = MARGIN + 2 * LINE,
        facts = escape(&facts(record)),
        header = header(&matrix.servers, top),
        rows = rows.collect::<String>(),
        legend = lines.collect::<String>(),
    )
}

impl<'a> Matrix<'a> {
    fn of(record: &'a Record) -> Self {
        let mut counts = BTreeMap::<Pair<'a>, Counts>::new();
        for cell in &record.cells {
            let pair = (cell.client.as_str(), cell.server.as_str());
            *counts.entry(pair).or_default().entry(cell.standing()).or_default() += 1;
        }
        let peers = |has_part: &dyn Fn(Pair<'a>, &str) -> bool| {
            let is_in = |it: &&Peer| counts.keys().any(|pair| has_part(*pair, &it.name));
            record.peers.iter().filter(is_in).collect()
        };
        let clients = peers(&|(client, _), name| client == name);
        let servers = peers(&|(_, server), name| server == name);
        Self { clients, servers, counts }
    }

    /// A client's name and version, and its squares.
    fn row(&self, client: &'a Peer, top: usize) -> String {
        // A variant's name has its version once more.
        let name = client.name.split('@').next().unwrap_or(&client.name);
        let (name, version) = (escape(name), escape(&version(client)));
        let (first, second) = (top + SIDE / 2 - 5, top + SIDE / 2 + 22);
        let squares = self.servers.iter().enumerate().filter_map(|(column, server)| {
            let counts = self.counts.get(&(client.name.as_str(), server.name.as_str()))?;
            let title = format!("{} to {}: {}", client.name, server.name, words(counts));
            let left = MARGIN + LABELS + column * PITCH;
            Some(format!(
                "<g transform=\"translate({left} {top})\"><title>{}</title>{}</g>\n",
                escape(&title),
                square(counts)
            ))
        });
        format!(
            "<text class=\"name\" x=\"{MARGIN}\" y=\"{first}\">{name}</text>\
             <text class=\"soft\" x=\"{MARGIN}\" y=\"{second}\">{version}</text>\n{}",
            squares.collect::<String>()
        )
    }
}

/// A square: filled from below with a part for each standing but the best, which is the rest; or,
/// if there is an error, all of it filled.
fn square(counts: &Counts) -> String {
    let of = |standing| counts.get(&standing).copied().unwrap_or(0);
    let (passed, all) = (of(Standing::Pass), counts.values().sum::<usize>());
    let share = if passed == all { format!("all {all}") } else { format!("{passed}/{all}") };
    match of(Standing::Fail) + of(Standing::Surprise) {
        0 => format!("<g class=\"cell\">{}</g>{}", gauge(counts, all), label(SIDE / 2 + 4, &share)),
        errors => {
            let errors = format!("{} {errors}", Standing::Fail.sign());
            let (first, second) = (label(SIDE / 2 - 5, &errors), label(SIDE / 2 + 22, &share));
            format!("<use class=\"fail frame\" href=\"#side\"/>{first}{second}")
        }
    }
}

fn gauge(counts: &Counts, all: usize) -> String {
    let (mut parts, mut bottom) = (String::new(), SIDE);
    for (standing, count) in counts.iter().filter(|it| *it.0 != Standing::Pass) {
        let height = (SIDE * count / all).max(THINNEST).min(bottom);
        bottom -= height;
        parts += &part(standing.word(), bottom, height);
    }
    part(if bottom == SIDE { "pass all" } else { "pass" }, 0, bottom) + &parts
}

fn part(class: &str, top: usize, height: usize) -> String {
    format!("<path class=\"{class}\" d=\"M0 {top}h{SIDE}v{height}H0z\"/>")
}

fn label(baseline: usize, text: &str) -> String {
    format!("<text class=\"count\" x=\"{}\" y=\"{baseline}\">{text}</text>", SIDE / 2)
}

/// The servers' names, at an angle, and what rows and columns are.
fn header(servers: &[&Peer], top: usize) -> String {
    let names = servers.iter().enumerate().map(|(column, server)| {
        let (left, name) = (MARGIN + LABELS + column * PITCH + SIDE / 2, escape(&server.name));
        let transform = format!("translate({left} {}) rotate(-45)", top - 10);
        format!("<text class=\"name\" transform=\"{transform}\">{name}</text>\n")
    });
    let axis = |line: usize, text| {
        format!("<text class=\"soft\" x=\"{MARGIN}\" y=\"{}\">{text}</text>\n", top - line)
    };
    axis(10 + LINE, "server →") + &axis(10, "client ↓") + &names.collect::<String>()
}

/// The width of the whole: of the squares, the last names, or the heading.
fn width(servers: &[&Peer]) -> usize {
    let left = |column| LABELS + column * PITCH;
    let names = servers.iter().enumerate().map(|(column, it)| left(column) + extent(&it.name));
    2 * MARGIN + names.chain([left(servers.len()), HEADING]).max().unwrap_or(HEADING)
}

fn header_height(servers: &[&Peer]) -> usize {
    let names = servers.iter().map(|it| extent(&it.name));
    names.chain([2 * LINE]).max().unwrap_or(0)
}

/// How far a name at an angle goes in both directions. A letter is about 0.6 of the font's size
/// wide.
fn extent(name: &str) -> usize {
    name.chars().count() * FONT * 45 / 100 + FONT
}

/// The number in a stack's version, without the name of our program and those of its parts.
fn version(peer: &Peer) -> String {
    let version = peer.version.as_deref().unwrap_or("no-run");
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    version.split_whitespace().find(is_number).unwrap_or(version).into()
}

/// What the record is about: suites, transports, proxies and the day.
fn facts(record: &Record) -> String {
    let sections = record.sections();
    let suites: BTreeSet<_> = sections.iter().map(|it| it.suite).collect();
    let transports: BTreeSet<_> = sections.iter().map(|it| it.transport).collect();
    let proxies: BTreeSet<_> = sections.iter().filter_map(|it| it.proxy).collect();
    let suites = suites.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let transports = transports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let proxies = proxies.into_iter().collect::<Vec<_>>().join(", ");
    let through = if proxies.is_empty() { proxies } else { format!(" through {proxies}") };
    let day = record.started.split('T').next().unwrap_or_default();
    format!("{suites}; {transports}{through}; {day}")
}

/// `44 pass, 1 unsupported, 4 known`.
fn words(counts: &Counts) -> String {
    let counts =
        counts.iter().rev().map(|(standing, count)| format!("{count} {}", standing.word()));
    counts.collect::<Vec<_>>().join(", ")
}

/// What each part of a square stands for, with all of its cells.
fn legend(record: &Record, matrix: &Matrix<'_>) -> Vec<Line> {
    let standings = Standing::ALL.into_iter().rev().filter_map(|standing| {
        let count = record.count(standing);
        let number = with_commas(&count.to_string());
        let text = match standing {
            Standing::Pass => {
                let all = with_commas(&record.cells.len().to_string());
                format!("{number} of {all} cases pass")
            }
            Standing::Unsupported => format!("{number} unsupported: one side says it lacks this"),
            Standing::Known => format!("{number} known to fail, each for a listed reason"),
            Standing::Fail if count == 0 => "none fails unexpectedly".into(),
            Standing::Fail => format!("{number} fail unexpectedly"),
            _ if count == 0 => return None,
            Standing::NoRun => format!("{number} could not be run"),
            Standing::Surprise => format!("{number} pass, but are listed as failing"),
        };
        Some(Line { standing: Some(standing), text })
    });
    let note = |text: &str| Line { standing: None, text: text.into() };
    let of_raw = matrix.servers.iter().any(|it| it.name == raw::NAME);
    let of_raw = of_raw.then(|| note("raw: the lab's own server, which breaks rules on purpose"));
    let of_squares = note("in a square: passes / cases of that client with that server");
    standings.chain([of_squares]).chain(of_raw).collect()
}

impl Line {
    fn svg(&self, top: usize) -> String {
        let (baseline, text) = (top + LINE - 9, escape(&self.text));
        let Some(standing) = self.standing else {
            return format!("<text class=\"soft\" x=\"{MARGIN}\" y=\"{baseline}\">{text}</text>\n");
        };
        let (class, sign) = (standing.word(), standing.sign());
        let (swatch, middle, left) = (top + 3, MARGIN + 14, MARGIN + 72);
        format!(
            "<rect class=\"{class}\" x=\"{MARGIN}\" y=\"{swatch}\" width=\"28\" height=\"28\" rx=\"4\"/>\
             <text class=\"count\" x=\"{}\" y=\"{baseline}\">{sign}</text>\
             <text x=\"{left}\" y=\"{baseline}\">{text}</text>\n",
            middle + 36
        )
    }
}

/// The same for those who don't see it.
fn description(legend: &[Line]) -> String {
    let lines = legend.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join("; ");
    format!("A row for each client, a column for each server. {lines}.")
}

#[cfg(test)]
mod tests;
