//! The record of a run: data, kept for good. Reports are pure functions of it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::interop::case::{Suite, Transport};
use crate::interop::verdict::{Standing, Verdict};
use crate::json;
use crate::machine::Machine;

/// The version of the record's form.
pub const SCHEMA: u32 = 1;

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The version of this form.
    pub schema: u32,
    /// The lab's version.
    pub lab: String,
    /// The command that made it.
    pub command: String,
    /// When it began, in UTC.
    pub started: String,
    /// How long it took.
    pub seconds: f64,
    /// Where it ran.
    pub machine: Machine,
    /// Whether a signal ended it early.
    pub interrupted: bool,
    /// Who took part.
    pub peers: Vec<Peer>,
    /// What was found out: by suite, transport, case, client and server.
    pub cells: Vec<Cell>,
    /// What is wrong besides the cells.
    pub errors: Vec<String>,
}

/// A peer that took part, or should have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// What is tested.
    pub stack: String,
    /// The language it is used from.
    pub language: String,
    /// Where it comes from.
    pub homepage: String,
    /// The stack's version.
    pub version: Option<String>,
    /// Why there is no version.
    pub no_run: Option<String>,
    /// Whether the run requires it.
    pub required: bool,
}

/// A case of a pair.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// The suite.
    pub suite: Suite,
    /// What lay under HTTP/2.
    pub transport: Transport,
    /// Who called.
    pub client: String,
    /// Who served.
    pub server: String,
    /// Who stood between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The case.
    pub case: String,
    /// What happened.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The line that lists it as failing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Known>,
    /// How often it was tried.
    pub attempts: usize,
    /// How often it passed.
    pub passed: usize,
    /// How long it took, all attempts together.
    pub seconds: f64,
    /// The command that runs this very cell again.
    pub command: String,
    /// The folder with its logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<String>,
    /// The ends of its logs, if it didn't pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// A line of a known-failing.txt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// File and line.
    pub place: String,
    /// The reason it gives.
    pub reason: String,
    /// Whether it lets the cell pass, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_times: bool,
}

/// What a table of cases and pairs is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Section<'a> {
    /// The suite.
    pub suite: Suite,
    /// What lay under HTTP/2.
    pub transport: Transport,
    /// Who stood between client and server.
    pub proxy: Option<&'a str>,
}

impl fmt::Display for Section<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.suite, self.transport)?;
        self.proxy.map_or(Ok(()), |proxy| write!(f, ", through {proxy}"))
    }
}

/// The last lines of both sides.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// Of the client.
    pub client: Vec<String>,
    /// Of the server.
    pub server: Vec<String>,
    /// Of the proxy between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proxy: Vec<String>,
}

impl Record {
    /// A record that was written before.
    pub fn read(text: &str) -> Result<Self, String> {
        json::read(text, SCHEMA)
    }

    /// As JSON: a line for each cell, so that records can be compared by lines.
    pub fn json(&self) -> String {
        json::write(&Self { cells: Vec::new(), ..self.clone() }, "cells", &self.cells)
    }

    /// How many cells have this standing.
    pub fn count(&self, standing: Standing) -> usize {
        self.cells.iter().filter(|cell| cell.standing() == standing).count()
    }

    /// The tables that its cells fill, in order.
    pub fn sections(&self) -> BTreeSet<Section<'_>> {
        self.cells.iter().map(Cell::section).collect()
    }

    /// The exit code that the run deserves.
    pub fn exit(&self) -> Exit {
        let nothing_ran = self.cells.iter().all(|cell| matches!(cell.verdict, Verdict::NoRun(_)));
        let missing = self.peers.iter().any(|peer| peer.required && peer.version.is_none());
        if self.interrupted {
            Exit::Interrupted
        } else if !self.errors.is_empty() || self.cells.iter().any(|it| it.standing().is_error()) {
            Exit::Failed
        } else if missing || nothing_ran {
            Exit::Environment
        } else {
            Exit::Ok
        }
    }
}

impl Cell {
    /// The table it belongs to.
    pub fn section(&self) -> Section<'_> {
        let Self { suite, transport, proxy, .. } = self;
        Section { suite: *suite, transport: *transport, proxy: proxy.as_deref() }
    }

    /// What the verdict means.
    pub fn standing(&self) -> Standing {
        let passes = self.verdict == Verdict::Pass;
        let listed = self.known.as_ref().is_some_and(|known| !(passes && known.at_times));
        Standing::of(&self.verdict, listed)
    }

    /// Whether it passed sometimes.
    pub fn is_flaky(&self) -> bool {
        0 < self.passed && self.passed < self.attempts
    }

    /// Why it is not simply a pass.
    pub fn reason(&self) -> String {
        let reason = match (self.standing(), &self.known) {
            (Standing::Known, Some(known)) => known.reason.clone(),
            (Standing::Surprise, Some(known)) => {
                format!("passes, but {} says it fails: {}", known.place, known.reason)
            }
            _ => self.verdict.reason().to_owned(),
        };
        if self.is_flaky() {
            format!("{reason} (passed {} of {})", self.passed, self.attempts)
        } else {
            reason
        }
    }
}

/// Puts cells into the order in which records have them.
pub fn sort(cells: &mut [Cell]) {
    let place = |cell: &Cell| cell.suite.cases().position(|case| case.name == cell.case);
    cells.sort_by_cached_key(|cell| {
        let pair = (cell.client.clone(), cell.server.clone());
        (cell.suite, cell.transport, cell.proxy.clone(), place(cell), pair)
    });
}

#[cfg(test)]
pub mod tests;
