//! The flags of `lab run`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Outputs, Preparing, at_least_one};
use crate::interop::case::{Suite, Transport};

/// Through nothing.
pub const DIRECT: &str = "direct";

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
