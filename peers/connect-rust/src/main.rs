//! connect-rust's programs for the lab's contracts: a worker of gRPC's benchmarks.

mod bench;

mod proto {
    #![allow(clippy::enum_variant_names, clippy::upper_case_acronyms)]
    connectrpc::include_generated!();
}

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// connect-rust's programs for the contracts of peers/README.md.
#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    program: Program,
}

#[derive(Debug, Subcommand)]
enum Program {
    /// Serves a driver of gRPC's benchmarks until it or SIGTERM ends it
    Worker(lab_contract::bench::Options),
}

fn main() -> ExitCode {
    let result = match Options::parse().program {
        Program::Worker(options) => bench::work(options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("connect-rust-peer: {error}");
            ExitCode::FAILURE
        }
    }
}
