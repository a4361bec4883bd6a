//! `--call`: one call as the flags say, reported as JSON lines.

use std::io::Write;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_stream::{Stream, StreamExt};
use tonic::{Code, Request, Status, Streaming};

use tonic_chat_peer::Message;

use crate::Client;

/// Longer contents are reported by their length and checksum.
const LONGEST: usize = 1024;

#[derive(clap::Args)]
pub struct CallArgs {
    /// Make this call and report it, instead of making the article's calls: unary,
    /// server-streaming, client-streaming or bidi
    #[arg(long)]
    pub call: Option<String>,

    /// The user of every message
    #[arg(long, default_value = "Marko", allow_hyphen_values = true)]
    user: String,

    /// A message's content; {n} is its number
    #[arg(long, allow_hyphen_values = true)]
    content: Vec<String>,

    /// Instead of --content: one content of so many letters
    #[arg(long, value_name = "BYTES", conflicts_with = "content")]
    size: Option<usize>,

    /// Send so many messages, taking the contents in turn
    #[arg(long)]
    count: Option<usize>,

    /// The call's deadline
    #[arg(long, value_name = "MS")]
    deadline: Option<u64>,

    /// Cancel the call after so many messages
    #[arg(long, value_name = "N")]
    cancel_after: Option<usize>,

    /// Don't half-close after the last message
    #[arg(long)]
    hold: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Call {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
}

/// Makes the call, and reports it to the end.
pub async fn run(client: Client, call: Call, mut args: CallArgs) {
    // A call that is dropped is cancelled, and has no status from tonic.
    let at_once = args.cancel_after == Some(0);
    args.hold |= at_once;
    let made = make(client, call, args);
    let made = if at_once {
        tokio::time::timeout(Duration::ZERO, made).await.unwrap_or_else(|_| Err(dropped()))
    } else {
        made.await
    };
    let status = made.err().unwrap_or_else(|| Status::ok(""));
    print(json!({"event": "status", "code": name(status.code()), "message": status.message()}));
}

async fn make(mut client: Client, call: Call, args: CallArgs) -> Result<(), Status> {
    let (deadline, cancel_after) = (args.deadline, args.cancel_after);
    match call {
        Call::Unary => {
            let response = client.say_hello(limited(args.message(1), deadline)).await?;
            report(&response.into_inner());
            Ok(())
        }
        Call::ServerStreaming => {
            let response = client.broadcast_messages(limited(args.message(1), deadline)).await?;
            receive(response.into_inner(), cancel_after).await
        }
        Call::ClientStreaming => {
            let response = client.upload_stream(limited(args.messages(), deadline)).await?;
            report(&response.into_inner());
            Ok(())
        }
        Call::Bidi => {
            let response = client.chat_stream(limited(args.messages(), deadline)).await?;
            receive(response.into_inner(), cancel_after).await
        }
    }
}

async fn receive(
    mut stream: Streaming<Message>,
    cancel_after: Option<usize>,
) -> Result<(), Status> {
    let mut received = 0;
    while let Some(message) = stream.message().await? {
        report(&message);
        received += 1;
        if cancel_after == Some(received) {
            return Err(dropped());
        }
    }
    Ok(())
}

fn dropped() -> Status {
    Status::cancelled("dropped by the client")
}

impl CallArgs {
    /// The message of this number, from 1; without contents, an empty one.
    fn message(&self, number: usize) -> Message {
        let content = match self.size {
            Some(size) => "a".repeat(size),
            None if self.content.is_empty() => String::new(),
            None => {
                let content = &self.content[(number - 1) % self.content.len()];
                content.replace("{n}", &number.to_string())
            }
        };
        Message { user: self.user.clone(), content }
    }

    fn messages(self) -> Pin<Box<dyn Stream<Item = Message> + Send>> {
        let round = if self.size.is_some() { 1 } else { self.content.len() };
        let hold = self.hold;
        let numbers = 1..=self.count.unwrap_or(round);
        let messages = tokio_stream::iter(numbers.map(move |number| self.message(number)));
        match hold {
            true => Box::pin(messages.chain(tokio_stream::pending())),
            false => Box::pin(messages),
        }
    }
}

fn limited<T>(outbound: T, deadline: Option<u64>) -> Request<T> {
    let mut request = Request::new(outbound);
    if let Some(deadline) = deadline {
        request.set_timeout(Duration::from_millis(deadline));
    }
    request
}

fn report(Message { user, content }: &Message) {
    print(if content.len() <= LONGEST {
        json!({"event": "message", "user": user, "content": content})
    } else {
        let crc32 = crc32fast::hash(content.as_bytes());
        json!({"event": "message", "user": user, "length": content.len(), "crc32": crc32})
    });
}

fn print(line: Value) {
    let mut stdout = std::io::stdout();
    // Whoever reads no longer wants to know.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// The code's canonical name: DEADLINE_EXCEEDED for DeadlineExceeded.
fn name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
