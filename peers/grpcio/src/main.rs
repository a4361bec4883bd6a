//! grpcio's programs for the lab's contracts: the chat system and gRPC's interop tests, server and
//! client of each, and a worker of gRPC's benchmarks. What a user of the crate has, and nothing else.

mod bench;
mod chat_client;
mod chat_server;
mod interop;
mod serving;

mod proto {
    #![allow(missing_docs)]
    include!(concat!(env!("OUT_DIR"), "/proto/mod.rs"));
}

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lab_contract::interop::{ClientOptions, ServerOptions};

/// grpcio's programs for the contracts of peers/README.md.
#[derive(Debug, Parser)]
#[command(name = "grpcio-peer", display_name = "grpcio", version = "0.13.0")]
struct Options {
    #[command(subcommand)]
    program: Program,
}

#[derive(Debug, Subcommand)]
enum Program {
    /// Serves the chat until SIGTERM or SIGINT
    ChatServer(chat_server::Options),
    /// Makes one call of the chat contract, and reports it as JSON lines
    ChatClient(lab_contract::chat::Options),
    /// Serves gRPC's interop tests until SIGTERM or SIGINT
    InteropServer(ServerOptions),
    /// Runs one of gRPC's interop tests
    InteropClient(ClientOptions),
    /// Serves a driver of gRPC's benchmarks until it, SIGTERM or SIGINT ends it
    Worker(lab_contract::bench::Options),
}

fn main() -> ExitCode {
    let result = match Options::parse().program {
        Program::ChatServer(options) => chat_server::serve(&options),
        Program::ChatClient(options) => chat_client::run(&options),
        Program::InteropServer(options) => interop::serve(&options),
        Program::InteropClient(options) => interop::run(&options),
        Program::Worker(options) => bench::work(options),
    };
    result.unwrap_or_else(|error| {
        eprintln!("grpcio-peer: {error}");
        ExitCode::FAILURE
    })
}
