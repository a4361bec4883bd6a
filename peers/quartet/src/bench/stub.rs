//! What the two stacks have in common: the calls, as both make them, and the messages.

use std::task::Poll;

use futures::future::BoxFuture;
use futures::{Sink, Stream, StreamExt, stream};
use quartet::rpc::Code;

use crate::proto::grpc::testing::{Payload, SimpleRequest, SimpleResponse};

pub type Answer<E> = Result<SimpleResponse, E>;

/// The requests of a stream.
pub trait Requests: Sink<SimpleRequest> + Send + Unpin {}

impl<S: Sink<SimpleRequest> + Send + Unpin> Requests for S {}

/// The answers of a stream.
pub trait Answers<E>: Stream<Item = Answer<E>> + Send + Unpin {}

impl<E, S: Stream<Item = Answer<E>> + Send + Unpin> Answers<E> for S {}

/// A stack's client of `BenchmarkService` over one channel.
pub trait Stub: Clone + Send + Sync + 'static {
    /// Why a call has failed.
    type Error: Send;

    /// Its code.
    fn code(error: &Self::Error) -> Code;

    /// Whether the requests' close sends a message that is held back; grpcio's own forgets it.
    const CLOSE_FLUSHES: bool;

    /// Runs a task on the thread of the channel's completion queue.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static);

    fn unary(&self, request: SimpleRequest) -> impl Future<Output = Answer<Self::Error>> + Send;

    fn streaming(&self) -> Result<(impl Requests, impl Answers<Self::Error>), Self::Error>;

    fn streaming_from_client(
        &self,
    ) -> Result<(impl Requests, impl Future<Output = Answer<Self::Error>> + Send), Self::Error>;

    fn streaming_from_server(
        &self,
        request: SimpleRequest,
    ) -> Result<impl Answers<Self::Error>, Self::Error>;

    fn streaming_both_ways(
        &self,
    ) -> Result<(impl Requests, impl Answers<Self::Error>), Self::Error>;
}

/// A stack's server of it. It ends when dropped.
pub trait Serving: Send {
    /// Where it listens.
    fn port(&self) -> u16;

    /// Ends it, and waits until it is gone.
    fn end(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// A request of one length, for an answer of another.
pub fn request(length: usize, answer: usize) -> SimpleRequest {
    SimpleRequest {
        response_size: i32::try_from(answer).unwrap_or(i32::MAX),
        payload: payload(length),
        ..SimpleRequest::default()
    }
}

/// The answer that a request asks for.
pub fn response(request: &SimpleRequest) -> SimpleResponse {
    let length = usize::try_from(request.response_size).unwrap_or(0);
    SimpleResponse { payload: payload(length), ..SimpleResponse::default() }
}

fn payload(length: usize) -> protobuf::MessageField<Payload> {
    protobuf::MessageField::some(Payload { body: vec![0; length].into(), ..Payload::default() })
}

/// The answers to a stream both ways: without end, of the size that the first request asks for,
/// until the requests end.
pub fn answers_while<E: Send>(
    mut requests: impl Stream<Item = Result<SimpleRequest, E>> + Send + Unpin,
) -> impl Stream<Item = Result<SimpleResponse, E>> + Send + Unpin {
    let mut answer = None;
    stream::poll_fn(move |cx| {
        match requests.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(request))) => {
                answer.get_or_insert_with(|| response(&request));
            }
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {}
        }
        answer.clone().map_or(Poll::Pending, |answer| Poll::Ready(Some(Ok(answer))))
    })
}
