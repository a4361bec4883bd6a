//! Each hard case: its trait is implemented, made a service and called.

mod files;
mod messages;
mod names;
mod text;

use std::future::Future;

use futures::executor::block_on;
use futures::{StreamExt, stream};
use quartet::rpc::{Request, Response, Service, Status, Stream, Streaming};
use quartet_codegen_cases::proto;

/// What a handler ends with.
type Reply<T> = Result<Response<T>, Status>;

/// The message in a reply.
fn answer<T>(reply: impl Future<Output = Reply<T>>) -> T {
    block_on(reply).expect("the call succeeds").into_inner()
}

/// The first message of the stream in a reply.
fn first<T>(reply: impl Future<Output = Reply<impl Stream<Item = Result<T, Status>>>>) -> T {
    let mut stream = Box::pin(answer(reply));
    block_on(stream.next()).expect("the stream has a message").expect("it is not an error")
}

/// A reply with a stream of one message.
fn once<T: Send + 'static>(message: T) -> Reply<impl Stream<Item = Result<T, Status>> + Send> {
    Ok(Response::new(stream::iter([Ok(message)])))
}

/// The name under which something is served.
fn name(service: impl Into<Service>) -> &'static str {
    service.into().name()
}
