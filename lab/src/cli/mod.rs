//! The command line: the subcommands, and the flags that several of them have.

mod bench;
mod run;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use crate::report::Output;
pub use bench::Bench;
pub use run::{DIRECT, Direction, PairPattern, Run};

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
    /// Write a report: text, json, csv (of a benchmark), junit or svg (of a run: the matrix as a
    /// picture), markdown or html; to FILE, or to standard output instead of the text; repeatable
    #[arg(long, value_name = "FORMAT[:FILE]")]
    pub output: Vec<Output>,
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
