//! A file for each command.

mod broadcast;
mod call;
mod chat;
mod demo;
mod describe;
mod explorer;
mod health;
mod hello;
mod list;
mod upload;

use ::chat::Message;
use quartet::rpc::{Request, Status, Streaming};

use crate::{Command, Connection, Failure, Options, Output};

/// What a command works with.
struct Session<'a> {
    options: &'a Options,
    connection: &'a Connection,
    output: &'a Output,
}

pub async fn run(
    options: &Options,
    connection: &Connection,
    output: &Output,
) -> Result<(), Failure> {
    let session = Session { options, connection, output };
    match &options.command {
        Command::Hello { content } => hello::run(session, content).await,
        Command::Broadcast => broadcast::run(session).await,
        Command::Upload { file } => upload::run(session, file.as_deref()).await,
        Command::Chat => chat::run(session).await,
        Command::Demo => demo::run(session).await,
        Command::Health { service, watch } => health::run(session, service, *watch).await,
        Command::List { service } => list::run(session, service.as_deref()).await,
        Command::Describe { symbol } => describe::run(session, symbol.as_deref()).await,
        Command::Call { method, data } => call::run(session, method, data.as_deref()).await,
    }
}

impl Session<'_> {
    fn request<T>(&self, message: T) -> Result<Request<T>, Failure> {
        self.options.request(message).map_err(Failure::Input)
    }

    /// The end of a call: its status is printed, and an error ends the program.
    fn end<T>(&self, result: Result<T, Status>) -> Result<T, Failure> {
        match result {
            Ok(value) => {
                self.output.status(&Status::ok(""))?;
                Ok(value)
            }
            Err(status) => {
                self.output.status(&status)?;
                Err(self.failed(status))
            }
        }
    }

    /// A call that could not be started, or not be finished.
    fn failed(&self, status: Status) -> Failure {
        Failure::Call { status, target: self.connection.target.clone() }
    }

    /// Prints what a stream brings, as it comes, to its end.
    async fn print_all(&self, mut messages: Streaming<Message>) -> Result<(), Failure> {
        loop {
            match messages.message().await {
                Ok(Some(message)) => self.output.message(&message)?,
                Ok(None) => return self.end(Ok(())),
                Err(status) => return self.end(Err(status)),
            }
        }
    }
}
