//! quartet's programs for the lab's public contracts: gRPC's interop tests, server and client, a
//! worker of its benchmarks, and the client of the chat contract (its server is `chat-server`). And
//! for a contract that others run: the conformance suite's, server and client.

mod bench;
mod chat_client;
mod conformance;
mod interop;

mod proto {
    #![allow(missing_docs)]
    include!(concat!(env!("OUT_DIR"), "/quartet/mod.rs"));
}

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lab_contract::interop::{ClientOptions, ServerOptions};

/// quartet's programs for the contracts of peers/README.md.
#[derive(Debug, Parser)]
#[command(name = "quartet-peer", version = chat::program::version())]
struct Options {
    #[command(subcommand)]
    program: Program,
}

#[derive(Debug, Subcommand)]
enum Program {
    /// Serves gRPC's interop tests until SIGTERM or SIGINT
    InteropServer(ServerOptions),
    /// Runs one of gRPC's interop tests
    InteropClient(ClientOptions),
    /// Serves a driver of gRPC's benchmarks until it, SIGTERM or SIGINT ends it
    Worker(lab_contract::bench::Options),
    /// Serves, or calls, as the runner of connectrpc/conformance asks
    #[command(subcommand)]
    Conformance(conformance::Role),
    /// Makes one call of the chat contract, and reports it as JSON lines
    ChatClient(lab_contract::chat::Options),
}

fn main() -> ExitCode {
    match Options::parse().program {
        Program::InteropServer(options) => interop::serve(&options),
        Program::InteropClient(options) => interop::run(&options),
        Program::Worker(options) => bench::work(options),
        Program::Conformance(role) => conformance::run(&role),
        Program::ChatClient(options) => chat_client::run(&options),
    }
}
