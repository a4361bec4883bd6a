//! The chat service of proto/chat/chat.proto.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures::{SinkExt, TryFutureExt, TryStreamExt};
use futures_timer::Delay;
use grpcio::{
    ClientStreamingSink, DuplexSink, EnvBuilder, RequestStream, RpcContext, ServerBuilder,
    ServerCredentials, ServerStreamingSink, UnarySink, WriteFlags,
};

use crate::proto::chat::Message;
use crate::proto::chat_grpc::{ChatService, create_chat_service};
use crate::serving;

const BROADCAST: [&str; 4] = [
    "Welcome to the broadcast!",
    "Here is message #1.",
    "And here is message #2.",
    "Broadcast finished.",
];

/// The flags of the chat server.
#[derive(Debug, Args)]
pub struct Options {
    /// The address to listen on
    #[arg(long, value_name = "HOST:PORT")]
    listen: String,
    /// The pause between two messages of a broadcast
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = humantime::parse_duration)]
    pace: Duration,
}

/// Serves until a signal.
pub fn serve(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let environment = Arc::new(EnvBuilder::new().build());
    let service = create_chat_service(Chat { pace: options.pace });
    let builder = ServerBuilder::new(environment).register_service(service);
    serving::serve(builder, &options.listen, ServerCredentials::insecure())
}

#[derive(Clone)]
struct Chat {
    pace: Duration,
}

impl ChatService for Chat {
    fn say_hello(&mut self, ctx: RpcContext<'_>, request: Message, sink: UnarySink<Message>) {
        let hello = format!("Hello, {}! Thanks for your message.", request.user);
        ctx.spawn(sink.success(message(hello)).unwrap_or_else(report));
    }

    fn broadcast_messages(
        &mut self,
        ctx: RpcContext<'_>,
        _: Message,
        mut sink: ServerStreamingSink<Message>,
    ) {
        let pace = self.pace;
        let broadcast = async move {
            for (index, line) in BROADCAST.into_iter().enumerate() {
                if index > 0 {
                    Delay::new(pace).await;
                }
                sink.send((message(line.to_owned()), WriteFlags::default())).await?;
            }
            sink.close().await
        };
        ctx.spawn(broadcast.unwrap_or_else(report));
    }

    fn upload_stream(
        &mut self,
        ctx: RpcContext<'_>,
        mut messages: RequestStream<Message>,
        sink: ClientStreamingSink<Message>,
    ) {
        let upload = async move {
            let (mut user, mut count) = (String::new(), 0);
            while let Some(message) = messages.try_next().await? {
                (user, count) = (message.user, count + 1);
            }
            let text = format!("Finished receiving stream from {user}. Got {count} messages.");
            sink.success(message(text)).await
        };
        ctx.spawn(upload.unwrap_or_else(report));
    }

    fn chat_stream(
        &mut self,
        ctx: RpcContext<'_>,
        mut messages: RequestStream<Message>,
        mut sink: DuplexSink<Message>,
    ) {
        let chat = async move {
            while let Some(received) = messages.try_next().await? {
                let echo = message(format!("Echo: {}", received.content));
                sink.send((echo, WriteFlags::default())).await?;
            }
            sink.close().await
        };
        ctx.spawn(chat.unwrap_or_else(report));
    }
}

fn message(content: String) -> Message {
    Message { user: "Server".to_owned(), content, ..Message::default() }
}

fn report(error: grpcio::Error) {
    eprintln!("a call ended early: {error}");
}
