//! What a stack that sends by sinks has to bring, so that [`Load`](super::Load) can call with it.

use futures::{Sink, Stream};

/// The length of an answer's body, or the code of the status that came instead.
pub type Answer = Result<usize, i32>;

/// The requests of a stream.
pub trait Requests<R>: Sink<R> + Send + Unpin {}

impl<R, S: Sink<R> + Send + Unpin> Requests<R> for S {}

/// The answers of a stream.
pub trait Answers: Stream<Item = Answer> + Send + Unpin {}

impl<S: Stream<Item = Answer> + Send + Unpin> Answers for S {}

/// A client of `BenchmarkService` over one channel.
pub trait Stub: Clone + Send + Sync + 'static {
    /// A message of the client's.
    type Request: Clone + Send + Sync;

    /// Whether the requests' close sends a message that is held back.
    const CLOSE_FLUSHES: bool;

    /// A request of one length, for an answer of another.
    fn request(length: usize, answer: usize) -> Self::Request;

    /// Runs a task where the channel's calls are worked on.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static);

    /// One call.
    fn unary(&self, request: Self::Request) -> impl Future<Output = Answer> + Send;

    /// A stream of a message there and one back.
    ///
    /// # Errors
    /// The status' code, if it can't begin; as of those below.
    fn streaming(&self) -> Result<(impl Requests<Self::Request>, impl Answers), i32>;

    /// A stream of messages to the server.
    fn streaming_from_client(
        &self,
    ) -> Result<(impl Requests<Self::Request>, impl Future<Output = Answer> + Send), i32>;

    /// A stream of messages from the server.
    fn streaming_from_server(&self, request: Self::Request) -> Result<impl Answers, i32>;

    /// A stream whose sides don't wait for each other.
    fn streaming_both_ways(&self) -> Result<(impl Requests<Self::Request>, impl Answers), i32>;
}
