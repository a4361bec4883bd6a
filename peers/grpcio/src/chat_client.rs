//! The client of the chat contract (peers/README.md): one call, reported as JSON lines.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use futures::executor::block_on;
use futures::{SinkExt, Stream, TryStreamExt, future};
use grpcio::{
    CallOption, ChannelBuilder, ClientDuplexReceiver, ClientSStreamReceiver, EnvBuilder, RpcStatus,
    StreamingCallSink, WriteFlags,
};
use lab_contract::EXIT_UNSUPPORTED;
use lab_contract::chat::{self as contract, Call, Options};

use crate::proto::chat::Message;
use crate::proto::chat_grpc::ChatServiceClient;

/// Makes the call.
pub fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let Some(call) = options.call() else { return Ok(ExitCode::from(EXIT_UNSUPPORTED)) };
    let channel = ChannelBuilder::new(Arc::new(EnvBuilder::new().build())).connect(&options.server);
    let client = ChatServiceClient::new(channel);
    let status = match block_on(make(options, call, &client)) {
        Ok(()) => RpcStatus::ok(),
        Err(grpcio::Error::RpcFailure(status)) => status,
        Err(error) => return Err(error.into()),
    };
    contract::ended(&name(&status), status.message());
    Ok(ExitCode::SUCCESS)
}

async fn make(options: &Options, call: Call, client: &ChatServiceClient) -> grpcio::Result<()> {
    let first = messages(options).next().unwrap_or_default();
    let at_once = options.cancel_after == Some(0);
    match call {
        Call::Unary => {
            let mut reply = client.say_hello_async_opt(&first, call_option(options))?;
            if at_once {
                reply.cancel();
            }
            received(&reply.await?);
            Ok(())
        }
        Call::ServerStreaming => {
            receive(options, client.broadcast_messages_opt(&first, call_option(options))?).await
        }
        Call::ClientStreaming => {
            let (sink, mut reply) = client.upload_stream_opt(call_option(options))?;
            if at_once {
                reply.cancel();
            }
            let (_held, reply) = future::join(send(options, sink), reply).await;
            received(&reply?);
            Ok(())
        }
        Call::Bidi => {
            let (sink, echoes) = client.chat_stream_opt(call_option(options))?;
            future::join(send(options, sink), receive(options, echoes)).await.1
        }
    }
}

fn call_option(options: &Options) -> CallOption {
    let option = CallOption::default();
    match options.timeout() {
        Some(timeout) => option.timeout(timeout),
        None => option,
    }
}

fn messages(options: &Options) -> impl Iterator<Item = Message> {
    let message = |(user, content)| Message { user, content, ..Message::default() };
    options.messages().map(message)
}

/// Sends the messages, and half-closes; the sink, if that is not wanted. Dropped instead, it cancels
/// the call.
///
/// A failure to send says only that the call has ended: the receiving half says how. Closing fails
/// even in some calls that end well, when the answer is quicker.
async fn send(
    options: &Options,
    mut sink: StreamingCallSink<Message>,
) -> Option<StreamingCallSink<Message>> {
    if options.cancel_after == Some(0) {
        return None;
    }
    for message in messages(options) {
        if sink.send((message, WriteFlags::default())).await.is_err() {
            break;
        }
    }
    if options.hold {
        return Some(sink);
    }
    let _ = sink.close().await;
    None
}

async fn receive(options: &Options, mut messages: impl Messages) -> grpcio::Result<()> {
    let mut count = 0;
    loop {
        if options.cancel_after == Some(count) {
            messages.cancel();
        }
        let Some(message) = messages.try_next().await? else { return Ok(()) };
        if options.cancel_after.is_none_or(|most| count < most) {
            received(&message);
            count += 1;
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
    contract::received(&message.user, &message.content);
}
