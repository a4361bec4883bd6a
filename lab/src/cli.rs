//! The command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use crate::bench::contestant::REFERENCE;
use crate::interop::case::{Suite, Transport};
use crate::report::Output;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Runs gRPC implementations against each other as processes, and prints what works, with evidence
#[derive(Debug, Parser)]
#[command(name = "lab", version, styles = STYLES, max_term_width = 100)]
pub struct Options {
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists peers and cases
    List(List),
    /// Builds peers and prints their versions
    Build(Build),
    /// Runs cases over pairs of peers
    Run(Box<Run>),
    /// Measures contestants over workloads, by gRPC's own benchmark contract
    Bench(Box<Bench>),
    /// Prints the record of a run again, in any format
    Report(Report),
    /// Puts the overview of a record into a README, between its markers
    Splice(Splice),
    /// Ends the children of a lab that was killed; started by the lab itself
    #[command(hide = true)]
    Guard,
    /// Becomes the command, known to the guard; started by the lab itself
    #[command(hide = true)]
    Child {
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

/// Through nothing.
pub const DIRECT: &str = "direct";

/// Where peers are.
#[derive(Debug, Args)]
pub struct Folders {
    /// The folder that has a folder for each peer
    #[arg(long, value_name = "DIR", env = "LAB_PEERS", default_value = "peers")]
    pub peers: PathBuf,
    /// The folder of one more peer, with its peer.toml; repeatable
    #[arg(long, value_name = "DIR")]
    pub peer_dir: Vec<PathBuf>,
}

/// How to prepare peers.
#[derive(Debug, Args)]
pub struct Preparing {
    #[command(flatten)]
    pub folders: Folders,
    /// The peers to use, by name or pattern [default: all]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub peer: Vec<String>,
    /// Peers that must be available: if one is missing, the exit code is 3
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Keep all logs here [default: target/lab/TIME]
    #[arg(long, value_name = "DIR")]
    pub logs: Option<PathBuf>,
    /// How many jobs to run at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = at_least_one)]
    pub jobs: usize,
    /// How to show progress, on standard error
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub progress: Progress,
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    pub folders: Folders,
}

#[derive(Debug, Args)]
pub struct Build {
    #[command(flatten)]
    pub preparing: Preparing,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 success; 1 something failed; 2 wrong flags or files; 3 a required \
                  peer is missing, or nothing could run; 4 interrupted.

Examples:
  lab run                                            everything against everything
  lab run --suite interop --peer go,java             two peers, in all four pairs
  lab run --of quartet --direction server            all clients against quartet's servers
  lab run --pair go:java --case 'client_compressed_*'
  lab run --suite interop --tls both --output junit:junit.xml --output json:run.json
  lab run --suite chat --case 'bidi/*' --repeat 20 --fail-fast
  lab run --of quartet --through direct,envoy,nginx  without a proxy, and through each of two
  lab run --peer-dir ./my-peer --of my-peer          a peer of your own"
)]
pub struct Run {
    #[command(flatten)]
    pub preparing: Preparing,
    /// The suites to run [default: all]
    #[arg(long, value_name = "SUITE,...", value_delimiter = ',')]
    pub suite: Vec<Suite>,
    /// Only these cases (`*` matches anything), including ones that are off by default; repeatable
    #[arg(long, value_name = "GLOB")]
    pub case: Vec<String>,
    /// Only this pair; repeatable
    #[arg(long, value_name = "CLIENT:SERVER")]
    pub pair: Vec<PairPattern>,
    /// Only pairs with one of these peers [default: all pairs]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub of: Vec<String>,
    /// The role of the --of peers in a pair
    #[arg(long, value_name = "PART", default_value = "both")]
    pub direction: Direction,
    /// With TLS or without; suites that have no TLS run without it
    #[arg(long, value_name = "WHICH", default_value = "plaintext")]
    pub tls: Transports,
    /// The time limit for each cell, and for each server to start [default: 30s, more for the cases
    /// that need it]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// What to put between client and server: proxies by name, or `direct` for none. Proxies take
    /// plaintext only
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', default_value = DIRECT)]
    pub through: Vec<String>,
    /// The folder that has a folder for each proxy
    #[arg(long, value_name = "DIR", env = "LAB_PROXIES", default_value = "proxies")]
    pub proxies: PathBuf,
    /// Run each cell N times: it passes if every attempt does
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one)]
    pub repeat: usize,
    /// Retry a cell that fails unexpectedly up to N times; one that then passes counts as a pass,
    /// marked flaky
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retries: usize,
    /// Stop at the first failure that is not known
    #[arg(long)]
    pub fail_fast: bool,
    #[command(flatten)]
    pub outputs: Outputs,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 success; 1 a measurement failed or is void; 2 wrong flags or \
                  files; 3 a required peer is missing, or nothing could be measured; 4 interrupted \
                  (what was measured is kept).

Examples:
  lab bench --quick                                  a first look, in five minutes
  lab bench --output json:bench.json                 everything, in less than two hours
  lab bench --contestant tonic,cpp --case 'unary/*'  quartet, tonic and C++ over some cases
  lab bench --aa                                     quartet against itself: the machine's noise
  lab bench --case instructions --contestant grpcio  what the layer costs, by callgrind
  QPS_WORKERS=a:10000,b:10000 lab bench --case 'unary/*'
                                                     workers on other machines: a serves, b calls"
)]
pub struct Bench {
    #[command(flatten)]
    pub preparing: Preparing,
    /// The contestants, by name or pattern; the reference always takes part [default: all]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub contestant: Vec<String>,
    /// The contestant to compare the others with
    #[arg(long, value_name = "NAME", default_value = REFERENCE)]
    pub reference: String,
    /// Only the reference and a second copy of it: shows how much of a difference is noise
    #[arg(long)]
    pub aa: bool,
    /// Only these workloads or cases (`*` matches anything); repeatable
    #[arg(long, value_name = "GLOB")]
    pub case: Vec<String>,
    /// Few cases, few rounds, short samples
    #[arg(long)]
    pub quick: bool,
    /// How many rounds; each contestant has a turn in each, in reverse order every second round
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = at_least_one)]
    pub rounds: usize,
    /// The length of a sample in seconds, after its warm-up
    #[arg(long, value_name = "SECONDS", default_value_t = 0.5, value_parser = some_time)]
    pub seconds: f64,
    /// The folder that has a file for each workload
    #[arg(long, value_name = "DIR", env = "LAB_WORKLOADS", default_value = "lab/workloads")]
    pub workloads: PathBuf,
    /// The folder that has the relay
    #[arg(long, value_name = "DIR", env = "LAB_PROXIES", default_value = "proxies")]
    pub proxies: PathBuf,
    /// Workers that already run, on this machine or others: the first serves, the second calls
    #[arg(long, value_name = "HOST:PORT,...", env = "QPS_WORKERS", value_delimiter = ',')]
    pub workers: Vec<String>,
    #[command(flatten)]
    pub outputs: Outputs,
}

#[derive(Debug, Args)]
pub struct Report {
    /// The record, as written by `--output json`
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    #[command(flatten)]
    pub outputs: Outputs,
}

#[derive(Debug, Args)]
pub struct Splice {
    /// The record, as written by `--output json`
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    /// The file with the markers `<!-- lab: begin -->` and `<!-- lab: end -->` (`bench` instead of
    /// `lab` for the record of a benchmark)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Change nothing, and fail if anything would change
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct Outputs {
    /// Write a report: text, json, csv (of a benchmark), junit (of a run), markdown or html; to
    /// FILE, or to standard output instead of the text; repeatable
    #[arg(long, value_name = "FORMAT[:FILE]")]
    pub output: Vec<Output>,
}

/// A pair as typed: a pattern for each side.
#[derive(Clone, Debug, PartialEq)]
pub struct PairPattern {
    pub client: String,
    pub server: String,
}

impl FromStr for PairPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((client, server)) if !client.is_empty() && !server.is_empty() => {
                Ok(Self { client: client.into(), server: server.into() })
            }
            _ => Err("a pair is CLIENT:SERVER".into()),
        }
    }
}

/// The role of the peers that the run is about.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Direction {
    /// Client in some pairs, server in others
    Both,
    /// Client
    Client,
    /// Server
    Server,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Transports {
    /// Without TLS
    Plaintext,
    /// With TLS
    Tls,
    /// Once without TLS, once with it
    Both,
}

impl Transports {
    pub fn all(self) -> &'static [Transport] {
        match self {
            Self::Plaintext => &[Transport::Plaintext],
            Self::Tls => &[Transport::Tls],
            Self::Both => &[Transport::Plaintext, Transport::Tls],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Progress {
    /// A bar on a terminal, otherwise lines
    Auto,
    /// A line for each cell
    Plain,
    /// Nothing
    None,
}

fn some_time(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=600.0).contains(&seconds) => Ok(seconds),
        _ => Err("must be from 0.1 to 600 seconds".into()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("not a number".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Options::command().debug_assert();
    }
}
