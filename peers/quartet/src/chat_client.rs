//! The client of the chat contract (peers/README.md): one call, reported as JSON lines.

use std::process::ExitCode;

use chat::{ChatServiceClient, Message, message};
use futures::executor::block_on;
use futures::future::{self, Either};
use lab_contract::EXIT_UNSUPPORTED;
use lab_contract::chat::{self as contract, Call, Options};
use quartet::channel::Channel;
use quartet::rpc::{Code, Request, Sender, Status, Streaming};

/// Makes the call.
pub fn run(options: &Options) -> ExitCode {
    let Some(call) = options.call() else { return ExitCode::from(EXIT_UNSUPPORTED) };
    let client = ChatServiceClient::new(Channel::to(&options.server));
    let status = match block_on(make(options, call, &client)) {
        Ok(()) => Status::ok(""),
        Err(status) => status,
    };
    contract::ended(status.code().name(), status.message());
    ExitCode::SUCCESS
}

async fn make(options: &Options, call: Call, client: &ChatServiceClient) -> Result<(), Status> {
    let first = messages(options).next().unwrap_or_default();
    match call {
        Call::Unary => {
            let reply = client.say_hello(request(options, first));
            received(&unless_cancelled(options, reply).await?.into_inner());
            Ok(())
        }
        Call::ServerStreaming => {
            receive(options, client.broadcast_messages(request(options, first))?).await
        }
        Call::ClientStreaming => {
            let (sender, reply) = client.upload_stream(request(options, ()))?;
            let (_held, reply) = future::join(send(options, sender), reply).await;
            received(&reply?.into_inner());
            Ok(())
        }
        Call::Bidi => {
            let (sender, echoes) = client.chat_stream(request(options, ()))?;
            future::join(send(options, sender), receive(options, echoes)).await.1
        }
    }
}

fn request<T>(options: &Options, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(timeout) = options.timeout() {
        request.set_timeout(timeout);
    }
    request
}

fn messages(options: &Options) -> impl Iterator<Item = Message> {
    options.messages().map(|(user, content)| message(user, content))
}

/// Sends the messages, and half-closes; the sender, if that is not wanted. Dropped instead,
/// it cancels the call.
async fn send(options: &Options, mut sender: Sender<Message>) -> Option<Sender<Message>> {
    if options.cancel_after == Some(0) {
        return None;
    }
    for message in messages(options) {
        // The receiving half reports that the call has ended.
        if sender.send(message).await.is_err() {
            break;
        }
    }
    if options.hold {
        return Some(sender);
    }
    sender.close().await;
    None
}

async fn receive(options: &Options, mut messages: Streaming<Message>) -> Result<(), Status> {
    let mut count = 0;
    while options.cancel_after != Some(count) {
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
    options: &Options,
    reply: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    if options.cancel_after != Some(0) {
        return reply.await;
    }
    let reply = std::pin::pin!(reply);
    match future::select(reply, future::ready(())).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(cancelled()),
    }
}

/// What a call that is dropped would have ended with.
fn cancelled() -> Status {
    Status::new(Code::Cancelled, "cancelled by this client")
}

fn received(message: &Message) {
    contract::received(&message.user, &message.content);
}
