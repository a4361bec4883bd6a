//! Workloads: a TOML file each, which asks one question over a few axes.

mod file;
mod point;

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::figure::Figure;
use super::idle::ENOUGH;
use super::record;
use crate::exit::Failure;
use crate::glob;

pub use file::read;

/// A method of `BenchmarkService`, and what counts as a call in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rpc {
    /// A call.
    #[default]
    Unary,
    /// A message and its answer, on a stream that stays.
    PingPong,
    /// A message of the client.
    Client,
    /// A message of the server.
    Server,
    /// A message of the server, while both send.
    Both,
}

/// Calls or streams in flight, in all, and connections: `100x4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Load {
    /// In all.
    pub in_flight: usize,
    /// Which carry them.
    pub connections: usize,
}

impl Default for Load {
    fn default() -> Self {
        Self { in_flight: 1, connections: 1 }
    }
}

impl TryFrom<String> for Load {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Load {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('x');
        let parsed: Option<(usize, usize)> =
            parts.and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        match parsed {
            // The contract speaks of calls on each channel.
            Some((in_flight, connections @ 1..))
                if in_flight > 0 && in_flight % connections == 0 =>
            {
                Ok(Self { in_flight, connections })
            }
            _ => Err(format!("{text}: a load is IN_FLIGHTxCONNECTIONS, a multiple, such as 100x4")),
        }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.in_flight, self.connections)
    }
}

/// Who calls whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pairing {
    /// Everybody their own server.
    #[default]
    Own,
    /// Everybody every server.
    All,
}

/// A point on a workload's axes: what is measured over pairs.
#[derive(Clone, Debug)]
pub struct Task {
    /// What records say of it.
    pub case: record::Case,
    /// How it is measured.
    pub kind: Kind,
    /// Whether contestants with their defaults take part.
    pub defaults: bool,
    /// How many rounds, if not as many as the others.
    pub rounds: Option<usize>,
    /// How long a sample is, if not as long as the others.
    pub seconds: Option<f64>,
    /// Whether `--quick` has it.
    pub is_quick: bool,
}

/// How a task is measured, with all that this takes.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Workers call workers.
    Calls(Calls),
    /// h2load calls a worker's server.
    H2load(Requests, Load),
    /// h2load opens many connections, with one call on each.
    Connections(Requests),
    /// The lab opens so many connections, and leaves them alone.
    IdleConnections(usize),
    /// The lab begins so many bidirectional calls, and leaves them alone.
    IdleStreams(usize),
    /// h2load calls a server under callgrind.
    Instructions(Requests, Load),
    /// The worker's start.
    Start,
    /// The worker's program.
    Size,
    /// A build from nothing.
    Build,
}

/// Calls of a worker.
#[derive(Clone, Debug)]
pub struct Calls {
    /// What is called.
    pub rpc: Rpc,
    /// The body's size in each message, in bytes.
    pub size: usize,
    /// What is in flight.
    pub load: Load,
    /// The open loop's rate, in parts of the reference's highest.
    pub share: Option<f64>,
    /// The relay's delay, in milliseconds each way.
    pub delay: Option<u32>,
    /// With TLS or without.
    pub tls: bool,
    /// Whether clients compress.
    pub gzip: bool,
    /// After how many messages a stream ends; 0: never.
    pub messages_per_stream: i32,
    /// Who calls whom.
    pub pairing: Pairing,
}

/// Requests of h2load.
#[derive(Clone, Debug)]
pub struct Requests {
    /// The body's size in each message, in bytes.
    pub size: usize,
    /// With TLS or without.
    pub tls: bool,
    /// How many more header fields a request has.
    pub metadata: usize,
}

/// The tasks that the patterns choose, by case or workload. Without a pattern, all of them, or
/// those of `--quick`.
pub fn choose(tasks: Vec<Task>, patterns: &[String], quick: bool) -> Result<Vec<Task>, Failure> {
    let mut workloads: Vec<_> = tasks.iter().map(|task| task.case.workload.clone()).collect();
    let is_chosen = |task: &Task| match patterns {
        [] => !quick || task.is_quick,
        patterns => patterns.iter().any(|pattern| task.is_named(pattern)),
    };
    let chosen: Vec<_> = tasks.into_iter().filter(is_chosen).collect();
    if chosen.is_empty() {
        workloads.dedup();
        let (flag, names) = (patterns.join(" "), workloads.join(", "));
        return Err(Failure::usage(format!("--case {flag}: no case of {names} matches")));
    }
    Ok(chosen)
}

impl Task {
    /// Whether the pattern is of its case, or its workload's name.
    fn is_named(&self, pattern: &str) -> bool {
        glob::matches(pattern, &self.case.id) || pattern == self.case.workload
    }

    /// Whether the relay stands between its workers.
    pub fn needs_relay(&self) -> bool {
        self.kind.calls().is_some_and(|calls| calls.delay.is_some())
    }

    /// How many rounds it has, if the others have `rounds`.
    pub fn rounds(&self, rounds: usize) -> usize {
        self.rounds.unwrap_or(rounds).min(rounds)
    }
}

impl Rpc {
    fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::PingPong => "ping-pong",
            Self::Client => "client",
            Self::Server => "server",
            Self::Both => "both",
        }
    }
}

impl Kind {
    /// The calls, if contestants are clients in it, too.
    pub fn calls(&self) -> Option<&Calls> {
        match self {
            Self::Calls(calls) => Some(calls),
            _ => None,
        }
    }

    /// The figures that it yields, first the one that it is about.
    fn figures(&self) -> &'static [Figure] {
        use Figure as F;
        match self {
            Self::Calls(_) => &[
                F::Rate,
                F::P50,
                F::P99,
                F::P999,
                F::ServerCpu,
                F::ClientCpu,
                F::ServerSwitches,
                F::ClientSwitches,
                F::ServerMemory,
                F::ClientMemory,
                F::BytesSent,
                F::BytesReceived,
                F::Errors,
            ],
            Self::H2load(..) | Self::Connections(_) => &[
                F::Rate,
                F::ServerCpu,
                F::ServerSwitches,
                F::ServerMemory,
                F::BytesSent,
                F::BytesReceived,
            ],
            Self::IdleConnections(ENOUGH..) | Self::IdleStreams(ENOUGH..) => {
                &[F::MemoryEach, F::ServerMemory]
            }
            Self::IdleConnections(_) | Self::IdleStreams(_) => &[F::ServerMemory],
            Self::Instructions(..) => &[F::Instructions],
            Self::Start => &[F::StartTime, F::ServerMemory],
            Self::Size => &[F::ProgramSize],
            Self::Build => &[F::BuildTime],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_that_is_no_multiple_of_its_connections_is_an_error() {
        for text in ["1x4", "10x4", "10", "x", "0x0", "0x1", "ax1"] {
            assert!(text.parse::<Load>().is_err(), "{text}");
        }
    }
}
