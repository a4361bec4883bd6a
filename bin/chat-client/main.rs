//! The chat client: one command for each call style, and the article's demo.

mod commands;
mod connection;
mod failure;
mod input;
mod interrupt;
mod logging;
mod options;
mod output;

use std::process::ExitCode;

use chat::program;
use futures::future::{self, Either};
use futures_executor::block_on;

use commands::run;
use connection::Connection;
use failure::Failure;
use options::{Command, Options};
use output::Output;

fn main() -> ExitCode {
    let options = match program::options::<Options>() {
        Ok(options) => options,
        Err(code) => return code.into(),
    };
    logging::start(&options);
    match attempt(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            failure.exit_code()
        }
    }
}

/// Runs the command, and drops it (which cancels its calls) when it is interrupted.
fn attempt(options: &Options) -> Result<(), Failure> {
    let interrupted = interrupt::interrupted()?;
    let connection = Connection::open(options)?;
    let output = Output::new(options.output);
    let command = std::pin::pin!(run(options, &connection, &output));
    match block_on(future::select(command, interrupted)) {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(Failure::Interrupted),
    }
}
