//! The lab: runs gRPC implementations against each other as processes, and prints what works.
//!
//! ```text
//! cli -> peer (peer.toml, build, version) -> plan (which cells) -> run (processes, verdicts)
//!     -> record (data, kept for good) -> report (pure functions of a record)
//! ```
//!
//! It depends on no implementation of gRPC: the judge depends on no contestant.

mod bench;
mod cli;
mod command;
mod exit;
mod glob;
mod interop;
mod json;
mod machine;
mod peer;
mod process;
mod progress;
mod report;
mod work;

use std::process::ExitCode;

use clap::Parser;

use cli::{Command, Options};
use exit::Exit;

fn main() -> ExitCode {
    let options = Options::parse();
    let color = options.color;
    let result = match options.command {
        Command::List(list) => command::list::run(&list),
        Command::Build(build) => command::build::run(&build.preparing, color),
        Command::Run(run) => command::run::run(&run, color),
        Command::Bench(bench) => command::bench::run(&bench, color),
        Command::Report(report) => command::report::run(&report, color),
        Command::Splice(splice) => command::splice::run(&splice),
        Command::Guard => {
            process::guard::watch();
            Ok(Exit::Ok)
        }
        Command::Child { command } => return process::guard::child(&command),
    };
    result
        .unwrap_or_else(|failure| {
            eprintln!("lab: {failure}");
            failure.exit
        })
        .into()
}
