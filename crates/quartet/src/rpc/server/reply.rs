//! The two shapes of a reply: one message, or a stream. Each ends its sink once.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::{FutureExt, SinkExt, Stream, StreamExt};
use grpcio::{ClientStreamingSink, DuplexSink, RpcStatus, WriteFlags};
use protobuf::Message;

use quartet_seam::{self as seam, Leave, Pairs, ServerCall};

use crate::rpc::bundles::{Bundling, Outgoing};
use crate::rpc::codec;
use crate::rpc::guard::until_over;
use crate::rpc::watch::{Tally, Watch};
use crate::rpc::{Code, Response, Status};

/// Where a call is answered.
pub trait Failing: Send + 'static {
    /// Ends the call with an error.
    fn fail(
        self,
        call: Arc<ServerCall>,
        watch: Watch,
        status: Status,
    ) -> impl Future<Output = ()> + Send;
}

/// Where a call is answered with `B`: a message, or a stream of them.
pub trait Reply<B>: Failing {
    /// Sends what the handler returned, and ends the call.
    fn succeed(
        self,
        call: Arc<ServerCall>,
        method: &'static str,
        watch: Watch,
        response: Response<B>,
    ) -> impl Future<Output = ()> + Send;
}

/// A reply of one message.
pub struct One<T>(ClientStreamingSink<T>);

/// A reply of a stream of messages.
pub struct Many<T>(Bundling<DuplexSink<Outgoing<T>>, T>);

impl<T> fmt::Debug for One<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("One").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Many<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Many").finish_non_exhaustive()
    }
}

impl<T> From<ClientStreamingSink<T>> for One<T> {
    fn from(sink: ClientStreamingSink<T>) -> Self {
        One(sink)
    }
}

impl<T> From<DuplexSink<Outgoing<T>>> for Many<T> {
    fn from(mut sink: DuplexSink<Outgoing<T>>) -> Self {
        // grpcio then holds back the last message that was fed, and sends it without the hint to
        // buffer when it is flushed.
        sink.enhance_batch(true);
        Many(Bundling::new(sink))
    }
}

// That a status can't be sent means that the caller is gone, so nobody would receive it.

// Not `async fn`: what is done before the batch is started has no place in the call's future then.

impl<T: Message> Failing for One<T> {
    fn fail(
        self,
        call: Arc<ServerCall>,
        watch: Watch,
        status: Status,
    ) -> impl Future<Output = ()> + Send {
        let status = set_status(&call, status);
        self.end(call, watch, Err(status))
    }
}

impl<T: Message> Reply<T> for One<T> {
    fn succeed(
        self,
        call: Arc<ServerCall>,
        _: &'static str,
        mut watch: Watch,
        response: Response<T>,
    ) -> impl Future<Output = ()> + Send {
        let message = set_metadata(&call, response);
        if let Some(tally) = watch.tally() {
            tally.sent(message.compute_size());
        }
        let outcome = match watch.end_ok() {
            Ok(added) => {
                add_metadata(&call, added);
                Ok(message)
            }
            Err(status) => Err(set_status(&call, status)),
        };
        self.end(call, watch, outcome)
    }
}

impl<T: Message> One<T> {
    fn end(
        self,
        call: Arc<ServerCall>,
        watch: Watch,
        outcome: Result<T, RpcStatus>,
    ) -> impl Future<Output = ()> + Send {
        let leave = Leave::new(&call);
        let ended = match outcome {
            Ok(message) => self.0.success(message),
            Err(status) => self.0.fail(status),
        };
        ended.map(move |sent| {
            call.set_answered();
            if let Err(grpcio::Error::Codec(error)) = sent {
                log::error!("a reply can't be encoded: {error}");
                // grpcio has let go of the call without a word.
                call.abort(Code::Internal as i32, c"the reply message can't be encoded");
            }
            drop((leave, watch));
        })
    }
}

impl<T: Message> Failing for Many<T> {
    /// The status waits in line behind messages that the peer has not made room for.
    async fn fail(mut self, call: Arc<ServerCall>, watch: Watch, status: Status) {
        let leave = Leave::new(&call);
        let _ = self.flush().await;
        let status = set_status(&call, status);
        let _ = self.0.into_inner().fail(status).await;
        call.set_answered();
        drop((leave, watch));
    }
}

impl<T, B> Reply<B> for Many<T>
where
    T: Message,
    B: Stream<Item = Result<T, Status>> + Send,
{
    async fn succeed(
        mut self,
        call: Arc<ServerCall>,
        method: &'static str,
        mut watch: Watch,
        response: Response<B>,
    ) {
        let stream = set_metadata(&call, response);
        let tally = watch.tally();
        let pumped = self.pump(&call, stream, tally.as_deref());
        let outcome = match until_over(&call, method, pumped).await {
            Ok(()) => watch.end_ok(),
            Err(status) => Err(watch.end(status)),
        };
        match outcome {
            Ok(added) => {
                add_metadata(&call, added);
                let leave = Leave::new(&call);
                let _ = self.0.close().await;
                call.set_answered();
                drop((leave, watch));
            }
            Err(status) => self.fail(call, watch, status).await,
        }
    }
}

impl<T: Message> Many<T> {
    /// Sends what the stream yields. Messages that are there at once leave in one write, the last
    /// one with the status; none is held back while the stream has to wait, and neither are the
    /// headers.
    async fn pump(
        &mut self,
        call: &Arc<ServerCall>,
        stream: impl Stream<Item = Result<T, Status>>,
        tally: Option<&Tally>,
    ) -> Result<(), Status> {
        let mut stream = pin!(stream);
        self.0.set_plain(call.is_plain());
        loop {
            let there = poll_fn(|cx| Poll::Ready(self.gather(stream.as_mut(), tally, cx)));
            let item = match there.await? {
                Poll::Ready(item) => item,
                Poll::Pending => {
                    self.flush().await?;
                    call.send_headers_soon();
                    stream.next().await
                }
            };
            let ended = match item {
                Some(Ok(message)) => {
                    if let Some(tally) = tally {
                        tally.sent(message.compute_size());
                    }
                    let flags = WriteFlags::default().force_no_compress(!call.compresses());
                    self.0.feed((message, flags)).await.map_err(Status::from_grpcio)?;
                    seam::take_turn();
                    continue;
                }
                Some(Err(status)) => Err(status),
                None => Ok(()),
            };
            // The status follows at once, if the peer takes this.
            let _leave = Leave::new(call);
            let flushed = poll_fn(|cx| seam::before_the_end(|| self.0.poll_flush_unpin(cx)));
            flushed.await.map_err(Status::from_grpcio)?;
            return ended;
        }
    }

    /// Puts together what the stream yields at once. What it yields that can't be, or that it has to
    /// wait.
    fn gather(
        &mut self,
        mut stream: Pin<&mut impl Stream<Item = Result<T, Status>>>,
        tally: Option<&Tally>,
        cx: &mut Context<'_>,
    ) -> Result<Poll<Option<Result<T, Status>>>, Status> {
        loop {
            let item = stream.as_mut().poll_next(cx);
            let Poll::Ready(Some(Ok(message))) = &item else { return Ok(item) };
            match self.0.gather(message) {
                Ok(true) => {}
                Ok(false) => return Ok(item),
                Err(why) => return Err(Status::from_grpcio(codec::unencodable(why))),
            }
            if let Some(tally) = tally {
                tally.sent(message.compute_size());
            }
            seam::take_turn();
        }
    }

    async fn flush(&mut self) -> Result<(), Status> {
        self.0.flush().await.map_err(Status::from_grpcio)
    }
}

fn set_metadata<B>(call: &ServerCall, response: Response<B>) -> B {
    if let Some(compression) = response.compression() {
        call.set_encoding(compression.encoding());
    }
    let (body, headers, trailers) = response.into_parts();
    call.set_outgoing(headers.into_pairs(), trailers.into_pairs());
    body
}

fn set_status(call: &ServerCall, status: Status) -> RpcStatus {
    let sent = status.to_grpcio();
    let (headers, trailers) = status.into_metadata();
    call.add_outgoing(headers.into_pairs(), Pairs::new());
    call.set_trailers(trailers.into_pairs());
    sent
}

/// Adds what interceptors have left in an OK.
fn add_metadata(call: &ServerCall, status: Status) {
    let (headers, trailers) = status.into_metadata();
    call.add_outgoing(headers.into_pairs(), trailers.into_pairs());
}
