//! The two shapes of a reply: one message, or a stream. Each ends its sink once.

use std::pin::pin;
use std::time::Duration;

use futures::future::{self, Either};
use futures::{Sink, SinkExt, Stream, StreamExt};
use futures_timer::Delay;
use grpcio::{
    ClientStreamingSink, DuplexSink, RpcStatus, ServerStreamingSink, UnarySink, WriteFlags,
};

use crate::seam::ServerCall;

use super::serve::until_over;
use super::{Response, Status};

/// Where a call is answered.
pub trait Failing: Send + 'static {
    /// Ends the call with an error.
    fn fail(self, call: &ServerCall, status: Status) -> impl Future<Output = ()> + Send;
}

/// Where a call is answered with `B`: a message, or a stream of them.
pub trait Reply<B>: Failing {
    /// Sends what the handler returned, and ends the call.
    fn succeed(
        self,
        call: &ServerCall,
        method: &'static str,
        response: Response<B>,
    ) -> impl Future<Output = ()> + Send;
}

/// A reply of one message.
pub struct One<S>(pub S);

/// A reply of a stream of messages.
pub struct Many<S>(pub S);

impl<S: EndSink> Failing for One<S> {
    async fn fail(self, call: &ServerCall, status: Status) {
        end(self.0, call, status).await;
    }
}

impl<S: EndSink> Failing for Many<S> {
    async fn fail(self, call: &ServerCall, status: Status) {
        end(self.0, call, status).await;
    }
}

impl<T: Send + 'static, S: OneSink<T>> Reply<T> for One<S> {
    async fn succeed(self, call: &ServerCall, _: &'static str, response: Response<T>) {
        let message = set_metadata(call, response);
        self.0.succeed(message).await;
    }
}

impl<T, S, B> Reply<B> for Many<S>
where
    T: Send + 'static,
    S: ManySink<T>,
    B: Stream<Item = Result<T, Status>> + Send,
{
    async fn succeed(mut self, call: &ServerCall, method: &'static str, response: Response<B>) {
        let stream = set_metadata(call, response);
        match until_over(call, method, pump(stream, &mut self.0)).await {
            // That this fails means that the caller is gone: there is nobody to tell.
            Ok(()) => drop(self.0.close().await),
            Err(status) => end(self.0, call, status).await,
        }
    }
}

fn set_metadata<B>(call: &ServerCall, response: Response<B>) -> B {
    let (body, headers, trailers) = response.into_parts();
    call.set_headers(headers.into_pairs());
    call.set_trailers(trailers.into_pairs());
    body
}

/// Ends a call with an error. The status waits in line behind messages that the peer has
/// not made room for; a peer that never does is left after a while.
async fn end(sink: impl EndSink, call: &ServerCall, status: Status) {
    const PATIENCE: Duration = Duration::from_secs(5);
    let sent = status.to_grpcio();
    call.set_trailers(status.into_metadata().into_pairs());
    let ending = pin!(sink.end_with(sent));
    if let Either::Right(_) = future::select(ending, Delay::new(PATIENCE)).await {
        log::debug!("a peer that reads nothing was left without its status");
    }
}

/// Sends what the stream yields. Messages that are there at once leave in one write, and
/// none is held back while the stream has to wait, or when it ends.
async fn pump<T, S: ManySink<T>>(
    stream: impl Stream<Item = Result<T, Status>>,
    sink: &mut S,
) -> Result<(), Status> {
    let mut stream = pin!(stream);
    loop {
        let item = match future::poll_immediate(stream.next()).await {
            Some(item) => item,
            None => {
                sink.flush().await.map_err(Status::from_grpcio)?;
                stream.next().await
            }
        };
        let ended = match item {
            Some(Ok(message)) => {
                let flagged = (message, WriteFlags::default());
                sink.feed(flagged).await.map_err(Status::from_grpcio)?;
                continue;
            }
            Some(Err(status)) => Err(status),
            None => Ok(()),
        };
        sink.flush().await.map_err(Status::from_grpcio)?;
        return ended;
    }
}

/// grpcio's sinks, as far as they are alike.
pub trait EndSink: Send + 'static {
    /// Sends an error status, and nothing else. That this fails means that the caller is
    /// gone: there is nobody to tell.
    fn end_with(self, status: RpcStatus) -> impl Future<Output = ()> + Send;
}

/// grpcio's sinks for one message.
pub trait OneSink<T>: EndSink {
    /// Sends the message and OK.
    fn succeed(self, message: T) -> impl Future<Output = ()> + Send;
}

/// grpcio's sinks for a stream.
pub trait ManySink<T>: EndSink + Sink<(T, WriteFlags), Error = grpcio::Error> + Unpin {}

macro_rules! end_sinks {
    ($($sink:ident),+) => {$(
        impl<T: Send + 'static> EndSink for $sink<T> {
            async fn end_with(self, status: RpcStatus) {
                let _ = self.fail(status).await;
            }
        }
    )+};
}

macro_rules! one_sinks {
    ($($sink:ident),+) => {$(
        impl<T: Send + 'static> OneSink<T> for $sink<T> {
            async fn succeed(self, message: T) {
                let _ = self.success(message).await;
            }
        }
    )+};
}

end_sinks!(UnarySink, ClientStreamingSink, ServerStreamingSink, DuplexSink);
one_sinks!(UnarySink, ClientStreamingSink);
impl<T: Send + 'static> ManySink<T> for ServerStreamingSink<T> {}
impl<T: Send + 'static> ManySink<T> for DuplexSink<T> {}
