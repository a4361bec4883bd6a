use std::io::{self, Write};

use quartet::chat::{Message, one_line};
use quartet::dynamic::json::pretty;
use quartet::rpc::Status;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::options::Format;

/// What the program prints on stdout. Every line is flushed, so that nothing that was
/// received is lost, whatever happens next.
pub struct Output {
    format: Format,
}

impl Output {
    pub fn new(format: Format) -> Self {
        Output { format }
    }

    /// A message that came.
    pub fn message(&self, message: &Message) -> Result<(), Failure> {
        let Message { user, content, .. } = message;
        self.print(
            || format!("{}: {}", one_line(user), one_line(content)),
            || json!({"event": "message", "user": user, "content": content}),
        )
    }

    /// A line of the demo, as the article's client prints it.
    pub fn client_line(&self, line: &str) -> Result<(), Failure> {
        self.print(
            || format!("  client  {}", one_line(line)),
            || json!({"event": "line", "line": line}),
        )
    }

    /// A heading of the demo.
    pub fn heading(&self, heading: &str) -> Result<(), Failure> {
        self.print(|| heading.to_owned(), || json!({"event": "call", "call": heading}))
    }

    /// A reply that is JSON already: in lines for people, in one for programs.
    pub fn json(&self, json: &str) -> Result<(), Failure> {
        match self.format {
            Format::Text => write(&pretty(json)),
            Format::Json => write(json),
        }
    }

    /// How a call ended; for people, an error is told on stderr instead.
    pub fn status(&self, status: &Status) -> Result<(), Failure> {
        if self.format == Format::Text {
            return Ok(());
        }
        let (code, number) = (status.code().name(), status.code() as u8);
        write(&json!({"event": "status", "code": code, "number": number, "message": status.message()}).to_string())
    }

    /// A line for people, or an object for programs.
    pub fn print(
        &self,
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Text => write(&text()),
            Format::Json => write(&json().to_string()),
        }
    }
}

fn write(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| Failure::environment(format!("can't write to stdout: {error}")))
}
