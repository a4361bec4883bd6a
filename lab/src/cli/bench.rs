//! The flags of `lab bench`.

use std::path::PathBuf;

use clap::Args;

use super::{Outputs, Preparing, at_least_one};
use crate::bench::contestant::REFERENCE;

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

fn some_time(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=600.0).contains(&seconds) => Ok(seconds),
        _ => Err("must be from 0.1 to 600 seconds".into()),
    }
}
