//! The chat contract: a client makes one call, and reports it as JSON lines.

use std::io::{self, Write};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// The flags of the client.
#[derive(Debug, Args)]
pub struct Options {
    /// The server's address
    #[arg(long, value_name = "HOST:PORT")]
    pub server: String,
    /// The call to make
    #[arg(long)]
    call: String,
    /// The user of every message
    #[arg(long, default_value = "Marko")]
    user: String,
    /// The content of a message; {n} stands for its number. Repeatable
    #[arg(long, conflicts_with = "size")]
    content: Vec<String>,
    /// Instead of --content: this many letters `a`
    #[arg(long, value_name = "BYTES")]
    size: Option<usize>,
    /// How many messages to send, cycling through the contents
    #[arg(long)]
    count: Option<usize>,
    /// The call's deadline
    #[arg(long, value_name = "MS")]
    deadline: Option<u64>,
    /// Cancel after receiving this many messages; 0: at once, with nothing sent
    #[arg(long, value_name = "N")]
    pub cancel_after: Option<usize>,
    /// Don't half-close after the last message
    #[arg(long)]
    pub hold: bool,
}

/// The style of the call.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Call {
    /// SayHello
    Unary,
    /// BroadcastMessages
    ServerStreaming,
    /// UploadStream
    ClientStreaming,
    /// ChatStream
    Bidi,
}

impl Options {
    /// The call to make; none if the contract has no such call, which is reported.
    pub fn call(&self) -> Option<Call> {
        let call = Call::from_str(&self.call, false).ok();
        if call.is_none() {
            eprintln!("unsupported call: {}", self.call);
        }
        call
    }

    /// How long the call may take.
    pub fn timeout(&self) -> Option<Duration> {
        self.deadline.map(Duration::from_millis)
    }

    /// The messages to send, each as its user and its content.
    pub fn messages(&self) -> impl Iterator<Item = (String, String)> {
        let contents = match self.size {
            Some(size) => vec!["a".repeat(size)],
            None => self.content.clone(),
        };
        let count = match (self.cancel_after, self.count) {
            (Some(0), _) => 0,
            (_, Some(count)) => count,
            (_, None) => contents.len(),
        };
        let numbered = move |n: usize| match contents.len() {
            0 => String::new(),
            length => contents[n % length].replace("{n}", &(n + 1).to_string()),
        };
        (0..count).map(move |n| (self.user.clone(), numbered(n)))
    }
}

/// Reports a message that was received.
pub fn received(user: &str, content: &str) {
    const LONG: usize = 1024;
    report(&if content.len() <= LONG {
        json!({"event": "message", "user": user, "content": content})
    } else {
        let crc32 = crc32fast::hash(content.as_bytes());
        json!({"event": "message", "user": user, "length": content.len(), "crc32": crc32})
    });
}

/// Reports how the call ended: the canonical name of its code, and the status's message.
pub fn ended(code: &str, message: &str) {
    report(&json!({"event": "status", "code": code, "message": message}));
}

/// One line, at once. A reader that is gone no longer wants to know.
fn report(event: &Value) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{event}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Client {
        #[command(flatten)]
        options: Options,
    }

    fn contents(flags: &[&str]) -> Vec<String> {
        let always = ["client", "--server", "there:1", "--call", "bidi"];
        let client = Client::parse_from(always.iter().chain(flags));
        client.options.messages().map(|(_, content)| content).collect()
    }

    #[test]
    fn messages_take_the_contents_in_turn() {
        assert_eq!(contents(&["--content", "a {n}", "--content", "b"]), ["a 1", "b"]);
        assert_eq!(contents(&["--content", "{n}", "--count", "3"]), ["1", "2", "3"]);
        assert_eq!(contents(&["--size", "3"]), ["aaa"]);
        assert_eq!(contents(&["--count", "2"]), ["", ""]);
        assert_eq!(contents(&["--content", "a", "--count", "0"]), [""; 0]);
    }

    #[test]
    fn nothing_is_sent_before_a_cancellation_at_once() {
        assert_eq!(contents(&["--content", "a", "--cancel-after", "0"]), [""; 0]);
        assert_eq!(contents(&["--content", "a", "--cancel-after", "1"]), ["a"]);
    }
}
