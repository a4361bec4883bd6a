//! The record of a benchmark: every sample, kept for good. Reports are pure functions of it.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::histogram::Histogram;
use super::workload::Task;
use crate::exit::Exit;
use crate::json;
use crate::machine::Machine;

/// The version of the record's form.
pub const SCHEMA: u32 = 1;

/// Marks a record as one of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// The only kind.
    Bench,
}

/// One run of `lab bench`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// What it is a record of.
    pub kind: RecordKind,
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
    /// Versions of the tools that took part, such as h2load.
    pub tools: BTreeMap<String, String>,
    /// Whether a signal ended it early.
    pub interrupted: bool,
    /// Everybody else is compared with this contestant.
    pub reference: String,
    /// Who took part.
    pub contestants: Vec<Contestant>,
    /// What was measured.
    pub cases: Vec<Case>,
    /// What was found, in the order in which it was measured.
    pub samples: Vec<Sample>,
}

/// A program that took part, or should have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contestant {
    /// Its name.
    pub name: String,
    /// The implementation of gRPC.
    pub stack: String,
    /// The language it is used from.
    pub language: String,
    /// The stack's version.
    pub version: Option<String>,
    /// Why there is no version.
    pub no_run: Option<String>,
    /// How it is set.
    pub settings: String,
    /// The contestant that this one is a second copy of: what differs between them is noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
}

/// One thing that is measured over pairs of contestants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its name, a path that begins with the workload's: `unary/0B/10x1`.
    pub id: String,
    /// The workload.
    pub workload: String,
    /// What it asks.
    pub question: String,
    /// The name of gRPC's own scenario that it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// The figure that answers the question.
    pub figure: Figure,
    /// The other figures that are worth a look.
    pub others: Vec<Figure>,
    /// Whether server and client had a core each.
    pub pinned: bool,
    /// Where it stands on the workload's axes: `in-flight`, `connections`, `size` (bytes), `share`
    /// (of the reference's highest rate), `delay` (ms each way), `idle`.
    pub axes: BTreeMap<String, f64>,
}

/// One measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// The case's id.
    pub case: String,
    /// Who called: a contestant, or a tool.
    pub client: String,
    /// Who served.
    pub server: String,
    /// The round, from 1. In a round everybody has one turn; every second goes backwards.
    pub round: usize,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Figures.
    Measured(Readings),
    /// There can be none, and why.
    Unsupported(String),
    /// Something answered wrongly: the figures say nothing.
    Void(String),
    /// Something broke.
    Failed(String),
}

/// Why a measurement has no figures.
#[derive(Clone, Debug)]
pub enum Unmeasured {
    /// So many of the answers were wrong.
    Wrong {
        /// The wrong answers.
        wrong: u64,
        /// All answers.
        all: u64,
    },
    /// What broke.
    Broken(String),
}

impl From<String> for Unmeasured {
    fn from(error: String) -> Self {
        Unmeasured::Broken(error)
    }
}

impl From<Unmeasured> for Outcome {
    fn from(unmeasured: Unmeasured) -> Self {
        match unmeasured {
            Unmeasured::Wrong { wrong, all } => {
                Outcome::Void(format!("{wrong} of {all} answers were wrong"))
            }
            Unmeasured::Broken(error) => Outcome::Failed(error),
        }
    }
}

/// What one measurement yields.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Readings {
    /// By name, in the figure's unit.
    pub figures: BTreeMap<Figure, f64>,
    /// The latencies of all calls.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub latency: Histogram,
    /// Calls a second in each tenth of a second, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<f64>,
    /// How long it took until the rate held still, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<f64>,
}

impl Record {
    /// A record of a run that begins, on this machine.
    pub fn new(
        command: String,
        started: SystemTime,
        reference: &str,
        contestants: Vec<Contestant>,
    ) -> Self {
        Self {
            kind: RecordKind::Bench,
            schema: SCHEMA,
            lab: env!("CARGO_PKG_VERSION").into(),
            command,
            started: humantime::format_rfc3339_seconds(started).to_string(),
            seconds: 0.0,
            machine: Machine::here(),
            tools: BTreeMap::new(),
            interrupted: false,
            reference: reference.into(),
            contestants,
            cases: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// The record, of these tools and tasks.
    pub fn with(self, tools: BTreeMap<String, String>, tasks: &[Task]) -> Self {
        Self { tools, cases: tasks.iter().map(|task| task.case.clone()).collect(), ..self }
    }

    /// A record that was written before.
    pub fn read(text: &str) -> Result<Self, String> {
        json::read(text, SCHEMA)
    }

    /// As JSON: a line for each sample, so that records can be compared by lines.
    pub fn json(&self) -> String {
        json::write(&Self { samples: Vec::new(), ..self.clone() }, "samples", &self.samples)
    }

    /// The exit code that the run deserves.
    pub fn exit(&self) -> Exit {
        let is_broken =
            |sample: &Sample| matches!(sample.outcome, Outcome::Void(_) | Outcome::Failed(_));
        let is_measured = |sample: &Sample| matches!(sample.outcome, Outcome::Measured(_));
        if self.interrupted {
            Exit::Interrupted
        } else if self.samples.iter().any(is_broken) {
            Exit::Failed
        } else if !self.samples.iter().any(is_measured) {
            Exit::Environment
        } else {
            Exit::Ok
        }
    }
}

impl Sample {
    /// The figures, if there are any.
    pub fn readings(&self) -> Option<&Readings> {
        match &self.outcome {
            Outcome::Measured(readings) => Some(readings),
            _ => None,
        }
    }

    /// A figure.
    pub fn figure(&self, figure: Figure) -> Option<f64> {
        self.readings()?.figures.get(&figure).copied()
    }
}
