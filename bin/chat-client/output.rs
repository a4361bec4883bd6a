use std::io::{self, Write};

use chat::{Message, text};
use quartet::dynamic::json::pretty;
use quartet::rpc::Status;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::options::Format;

/// What the program prints on stdout, in `write_text` and `write_json`: what a server has put into
/// it can't act on a terminal. Every line is flushed, so that nothing that was received is lost,
/// whatever happens next.
pub struct Output {
    format: Format,
}

impl Output {
    pub fn new(format: Format) -> Self {
        Output { format }
    }

    /// A message that came.
    pub fn message(&self, message: &Message) -> Result<(), Failure> {
        let (user, content) = (message.user(), message.content());
        self.print(
            || format!("{user}: {content}"),
            || json!({"event": "message", "user": user, "content": content}),
        )
    }

    /// A line of the demo, as the article's client prints it.
    pub fn client_line(&self, line: &str) -> Result<(), Failure> {
        self.print(|| format!("  client  {line}"), || json!({"event": "line", "line": line}))
    }

    /// A heading of the demo.
    pub fn heading(&self, heading: &str) -> Result<(), Failure> {
        self.print_lines(|| heading.to_owned(), || json!({"event": "call", "call": heading}))
    }

    /// A reply that is JSON already: in lines for people, in one for programs.
    pub fn json(&self, json: &str) -> Result<(), Failure> {
        match self.format {
            Format::Text => write_json(&pretty(json)),
            Format::Json => write_json(json),
        }
    }

    /// How a call ended; for people, an error goes to stderr instead.
    pub fn status(&self, status: &Status) -> Result<(), Failure> {
        if self.format == Format::Text {
            return Ok(());
        }
        let (code, number) = (status.code().name(), status.code() as u8);
        write_json(&json!({"event": "status", "code": code, "number": number, "message": status.message()}).to_string())
    }

    /// A line for people, or an object for programs.
    pub fn print(
        &self,
        line: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
    ) -> Result<(), Failure> {
        self.print_lines(|| text::one_line(&line()).into_owned(), json)
    }

    /// The same, where the lines of a text count.
    pub fn print_lines(
        &self,
        lines: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Text => write_text(&lines()),
            Format::Json => write_json(&json().to_string()),
        }
    }
}

fn write_text(lines: &str) -> Result<(), Failure> {
    write(&text::lines(lines))
}

fn write_json(json: &str) -> Result<(), Failure> {
    write(&text::json(json))
}

fn write(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| Failure::environment(format!("can't write to stdout: {error}")))
}
