//! The client of the chat contract (peers/README.md): one call, reported as JSON lines.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use chat::{ChatServiceClient, Message, message};
use clap::{Args, ValueEnum};
use futures::executor::block_on;
use futures::future::{self, Either};
use quartet::channel::Channel;
use quartet::rpc::{Code, Request, Sender, Status, Streaming};
use serde_json::{Value, json};

/// The flags of the chat contract.
#[derive(Debug, Args)]
pub struct Options {
    /// The server's address
    #[arg(long, value_name = "HOST:PORT")]
    server: String,
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
    cancel_after: Option<usize>,
    /// Don't half-close after the last message
    #[arg(long)]
    hold: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Call {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
}

const EXIT_UNSUPPORTED: u8 = 127;

/// Makes the call.
pub fn run(options: &Options) -> ExitCode {
    let Ok(call) = Call::from_str(&options.call, false) else {
        eprintln!("unsupported call: {}", options.call);
        return ExitCode::from(EXIT_UNSUPPORTED);
    };
    let client = ChatServiceClient::new(Channel::to(&options.server));
    let status = match block_on(options.make(call, &client)) {
        Ok(()) => Status::ok(""),
        Err(status) => status,
    };
    let (code, message) = (status.code().name(), status.message());
    report(&json!({"event": "status", "code": code, "message": message}));
    ExitCode::SUCCESS
}

impl Options {
    async fn make(&self, call: Call, client: &ChatServiceClient) -> Result<(), Status> {
        let first = self.messages().next().unwrap_or_default();
        match call {
            Call::Unary => {
                let reply = client.say_hello(self.request(first));
                received(&self.unless_cancelled(reply).await?.into_inner());
                Ok(())
            }
            Call::ServerStreaming => {
                self.receive(client.broadcast_messages(self.request(first))?).await
            }
            Call::ClientStreaming => {
                let (sender, reply) = client.upload_stream(self.request(()))?;
                let sending = self.send(sender);
                let (_held, reply) = future::join(sending, reply).await;
                received(&reply?.into_inner());
                Ok(())
            }
            Call::Bidi => {
                let (sender, echoes) = client.chat_stream(self.request(()))?;
                future::join(self.send(sender), self.receive(echoes)).await.1
            }
        }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(milliseconds) = self.deadline {
            request.set_timeout(Duration::from_millis(milliseconds));
        }
        request
    }

    fn messages(&self) -> impl Iterator<Item = Message> {
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
        (0..count).map(move |n| message(&self.user, numbered(n)))
    }

    /// Sends the messages, and half-closes; the sender, if that is not wanted. Dropped instead,
    /// it cancels the call.
    async fn send(&self, mut sender: Sender<Message>) -> Option<Sender<Message>> {
        if self.cancel_after == Some(0) {
            return None;
        }
        for message in self.messages() {
            // The receiving half reports that the call has ended.
            if sender.send(message).await.is_err() {
                break;
            }
        }
        if self.hold {
            return Some(sender);
        }
        sender.close().await;
        None
    }

    async fn receive(&self, mut messages: Streaming<Message>) -> Result<(), Status> {
        let mut count = 0;
        while self.cancel_after != Some(count) {
            match messages.message().await? {
                Some(message) => received(&message),
                None => return Ok(()),
            }
            count += 1;
        }
        drop(messages); // This cancels.
        Err(cancelled())
    }

    async fn unless_cancelled<T>(
        &self,
        reply: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        if self.cancel_after != Some(0) {
            return reply.await;
        }
        let reply = std::pin::pin!(reply);
        match future::select(reply, future::ready(())).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(cancelled()),
        }
    }
}

/// What a call that is dropped would have ended with.
fn cancelled() -> Status {
    Status::new(Code::Cancelled, "cancelled by this client")
}

fn received(message: &Message) {
    const LONG: usize = 1024;
    let content = &message.content;
    report(&if content.len() <= LONG {
        json!({"event": "message", "user": message.user, "content": content})
    } else {
        let crc32 = crc32fast::hash(content.as_bytes());
        json!({"event": "message", "user": message.user, "length": content.len(), "crc32": crc32})
    });
}

/// One line, at once. A reader that is gone no longer wants to know.
fn report(event: &Value) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{event}").and_then(|()| out.flush());
}
