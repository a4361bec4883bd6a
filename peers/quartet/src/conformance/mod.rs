//! A server and a client for the conformance suite of
//! <https://github.com/connectrpc/conformance>, as its runner starts them.

mod answers;
mod calls;
mod channels;
mod client;
mod frames;
mod metadata;
mod payload;
mod pem;
mod plan;
mod server;
mod service;
mod status;

use std::fmt::Display;
use std::process::ExitCode;

use chat::program::{EXIT_ENVIRONMENT, EXIT_USAGE};
use clap::Subcommand;

/// The two programs. Their instructions come on standard input.
#[derive(Debug, Subcommand)]
pub enum Role {
    /// Reads a ServerCompatRequest, answers with a ServerCompatResponse, and serves until SIGTERM
    /// or SIGINT
    Server,
    /// Makes the call of each ClientCompatRequest, and answers with a ClientCompatResponse, until
    /// standard input ends
    Client(client::Options),
}

/// Runs one of them.
pub fn run(role: &Role) -> ExitCode {
    let (name, result) = match role {
        Role::Server => ("server", server::serve()),
        Role::Client(options) => ("client", client::run(options)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quartet-peer conformance {name}: {error}");
            ExitCode::from(error.exit_code)
        }
    }
}

/// Why a program ends early.
struct Error {
    what: String,
    exit_code: u8,
}

impl Error {
    /// The runner said something that can't be understood, or done.
    fn input(what: impl Display) -> Self {
        Error { what: what.to_string(), exit_code: EXIT_USAGE }
    }

    /// The machine does not give what is needed.
    fn environment(what: impl Display) -> Self {
        Error { what: what.to_string(), exit_code: EXIT_ENVIRONMENT }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}
