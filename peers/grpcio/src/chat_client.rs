//! The client of the chat contract (peers/README.md): one call, reported as JSON lines.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures::executor::block_on;
use futures::{SinkExt, Stream, TryStreamExt, future};
use grpcio::{
    CallOption, ChannelBuilder, ClientDuplexReceiver, ClientSStreamReceiver, EnvBuilder, RpcStatus,
    StreamingCallSink, WriteFlags,
};
use serde_json::{Value, json};

use crate::EXIT_UNSUPPORTED;
use crate::proto::chat::Message;
use crate::proto::chat_grpc::ChatServiceClient;

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
    /// The content of a message; {n} stands for its number. May be given several times
    #[arg(long, conflicts_with = "size")]
    content: Vec<String>,
    /// Instead of a content: so many letters `a`
    #[arg(long, value_name = "BYTES")]
    size: Option<usize>,
    /// How many messages to send, taking the contents in turn
    #[arg(long)]
    count: Option<usize>,
    /// The call's deadline
    #[arg(long, value_name = "MS")]
    deadline: Option<u64>,
    /// Cancel when so many messages have been received; 0: at once, with nothing sent
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

/// Makes the call.
pub fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let Ok(call) = Call::from_str(&options.call, false) else {
        eprintln!("unsupported call: {}", options.call);
        return Ok(ExitCode::from(EXIT_UNSUPPORTED));
    };
    let channel = ChannelBuilder::new(Arc::new(EnvBuilder::new().build())).connect(&options.server);
    let client = ChatServiceClient::new(channel);
    let status = match block_on(options.make(call, &client)) {
        Ok(()) => RpcStatus::ok(),
        Err(grpcio::Error::RpcFailure(status)) => status,
        Err(error) => return Err(error.into()),
    };
    report(&json!({"event": "status", "code": name(&status), "message": status.message()}));
    Ok(ExitCode::SUCCESS)
}

impl Options {
    async fn make(&self, call: Call, client: &ChatServiceClient) -> grpcio::Result<()> {
        let first = self.messages().next().unwrap_or_default();
        match call {
            Call::Unary => {
                let mut reply = client.say_hello_async_opt(&first, self.call_option())?;
                if self.cancel_after == Some(0) {
                    reply.cancel();
                }
                received(&reply.await?);
                Ok(())
            }
            Call::ServerStreaming => {
                let messages = client.broadcast_messages_opt(&first, self.call_option())?;
                self.receive(messages).await
            }
            Call::ClientStreaming => {
                let (sink, mut reply) = client.upload_stream_opt(self.call_option())?;
                if self.cancel_after == Some(0) {
                    reply.cancel();
                }
                let (_held, reply) = future::join(self.send(sink), reply).await;
                received(&reply?);
                Ok(())
            }
            Call::Bidi => {
                let (sink, echoes) = client.chat_stream_opt(self.call_option())?;
                future::join(self.send(sink), self.receive(echoes)).await.1
            }
        }
    }

    fn call_option(&self) -> CallOption {
        match self.deadline {
            Some(milliseconds) => {
                CallOption::default().timeout(Duration::from_millis(milliseconds))
            }
            None => CallOption::default(),
        }
    }

    fn messages(&self) -> impl Iterator<Item = Message> {
        let contents = match self.size {
            Some(size) => vec!["a".repeat(size)],
            None => self.content.clone(),
        };
        let numbered = move |n: usize| match contents.len() {
            0 => String::new(),
            length => contents[n % length].replace("{n}", &(n + 1).to_string()),
        };
        let count = self.count.unwrap_or(if self.size.is_some() { 1 } else { self.content.len() });
        (0..count).map(move |n| Message {
            user: self.user.clone(),
            content: numbered(n),
            ..Message::default()
        })
    }

    /// Sends the messages, and half-closes; the sink, if that is not wanted. Dropped instead,
    /// it cancels the call.
    ///
    /// A failure to send says only that the call has ended: the receiving half says how. Closing
    /// fails even in some calls that end well, when the answer is quicker.
    async fn send(
        &self,
        mut sink: StreamingCallSink<Message>,
    ) -> Option<StreamingCallSink<Message>> {
        if self.cancel_after == Some(0) {
            return None;
        }
        for message in self.messages() {
            if sink.send((message, WriteFlags::default())).await.is_err() {
                break;
            }
        }
        if self.hold {
            return Some(sink);
        }
        let _ = sink.close().await;
        None
    }

    async fn receive(&self, mut messages: impl Messages) -> grpcio::Result<()> {
        let mut count = 0;
        loop {
            if self.cancel_after == Some(count) {
                messages.cancel();
            }
            let Some(message) = messages.try_next().await? else { return Ok(()) };
            if self.cancel_after.is_none_or(|most| count < most) {
                received(&message);
                count += 1;
            }
        }
    }
}

/// Messages that are received, until they are cancelled.
trait Messages: Stream<Item = grpcio::Result<Message>> + Unpin {
    fn cancel(&mut self);
}

impl Messages for ClientSStreamReceiver<Message> {
    fn cancel(&mut self) {
        ClientSStreamReceiver::cancel(self);
    }
}

impl Messages for ClientDuplexReceiver<Message> {
    fn cancel(&mut self) {
        ClientDuplexReceiver::cancel(self);
    }
}

/// The canonical name of a status code, which grpcio writes behind its number: `5-NOT_FOUND`.
fn name(status: &RpcStatus) -> String {
    let code = status.code().to_string();
    code.split_once('-').map_or(code.clone(), |(_, name)| name.to_owned())
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
