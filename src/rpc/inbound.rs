//! Messages as grpcio receives them, made into a [`Source`] that tells the truth.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use futures::future::{self, BoxFuture};
use futures::{FutureExt, Stream, StreamExt};
use grpcio::{ClientDuplexReceiver, ClientSStreamReceiver, RequestStream};

use crate::seam::{Envelope, ServerCall};

use super::codec::{Decoded, REQUEST, Received, Undecodable, opened};
use super::interceptor::Tally;
use super::outgoing::Started;
use super::streaming::Source;
use super::{Metadata, Status, Streaming};

/// grpcio's request stream, which cancels the call when it is dropped unread. So it is
/// shared with the call, which keeps it until the reply is through.
pub(super) type Shared<T> = Arc<Mutex<RequestStream<Decoded<T>>>>;

/// How the request of a call that is being served comes in: as a message, or a stream.
pub(super) trait Intake<Q>: Send + 'static {
    fn take(
        self,
        tally: Option<Arc<Tally>>,
    ) -> impl Future<Output = Result<Received<Q>, Status>> + Send;
}

/// A stream, which the handler reads.
impl<Q: Send + 'static> Intake<Streaming<Q>> for Requests<Q> {
    fn take(
        self,
        tally: Option<Arc<Tally>>,
    ) -> impl Future<Output = Result<Received<Streaming<Q>>, Status>> + Send {
        future::ready(Ok(Received::local(Streaming::new(Requests { tally, ..self }))))
    }
}

/// A stream that has to be one message.
pub(super) struct ExactlyOne<Q>(pub Requests<Q>);

impl<Q: Send + 'static> Intake<Q> for ExactlyOne<Q> {
    async fn take(self, tally: Option<Arc<Tally>>) -> Result<Received<Q>, Status> {
        let call = self.0.call.clone();
        let mut requests = self.0.take(tally).await?.message;
        let Some(message) = requests.message().await? else {
            return Err(Status::unimplemented(
                "the method takes one request message, and got none",
            ));
        };
        let compressed = requests.compressed();
        if call.last_read() {
            return Ok(Received { compressed, ..Received::local(message) });
        }
        match requests.message().await? {
            None => Ok(Received { compressed, ..Received::local(message) }),
            Some(_) => {
                Err(Status::unimplemented("the method takes one request message, and got more"))
            }
        }
    }
}

/// The request messages of a call that is being served.
pub(super) struct Requests<T> {
    stream: Shared<T>,
    call: Arc<ServerCall>,
    tally: Option<Arc<Tally>>,
}

impl<T> Requests<T> {
    pub(super) fn new(stream: Shared<T>, call: &Arc<ServerCall>) -> Self {
        Requests { stream, call: call.clone(), tally: None }
    }
}

impl<T: Send> Source<T> for Requests<T> {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Received<T>, Status>>> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let item = std::task::ready!(self.call.within(|| stream.poll_next_unpin(cx)));
        Poll::Ready(match item {
            Some(Ok(message)) => Some(opened(message, self.tally.as_deref(), REQUEST)),
            // grpcio ends a cancelled stream and a half-closed one alike.
            None if self.call.half_closed() => None,
            None | Some(Err(_)) => Some(Err(broken_off(&self.call))),
        })
    }
}

fn broken_off(call: &ServerCall) -> Status {
    if call.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
        Status::deadline_exceeded("time was up before the end of the requests")
    } else {
        Status::cancelled("the requests broke off: the caller cancelled, is gone, or sent too much")
    }
}

/// The reply messages of a call that this process makes.
pub(super) struct Replies<R> {
    receiver: Option<R>,
    started: Started,
    failed: Option<Status>,
    /// What is wrong if the server's status is OK: a message that broke off.
    cut: Option<Status>,
    /// What came before the first message, once grpcio's receiver is gone.
    headers: Metadata,
}

impl<R> Replies<R> {
    pub(super) fn new(receiver: R, started: Started) -> Self {
        let headers = Metadata::new();
        Replies { receiver: Some(receiver), started, failed: None, cut: None, headers }
    }
}

impl<T, R> Source<T> for Replies<R>
where
    T: Send,
    R: Stream<Item = grpcio::Result<Decoded<T>>> + Receiver + Unpin + Send,
{
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Received<T>, Status>>> {
        while let Some(receiver) = &mut self.receiver {
            match std::task::ready!(receiver.poll_next_unpin(cx)) {
                Some(Ok(Err(cut @ Undecodable::Found(Envelope::Cut)))) => {
                    self.cut = Some(cut.status("reply"));
                }
                Some(Ok(received)) => match self.started.opened(received) {
                    Ok(message) => return Poll::Ready(Some(Ok(message))),
                    // Dropping the receiver ends the call from this side.
                    Err(status) => (self.failed, self.receiver) = (Some(status), None),
                },
                // grpcio reports a status as soon as it is there, before a message that it has
                // read ahead: read on to the end. C-core holds a status back until all others
                // are read. A read that is started now may hang, if the call failed in a retry,
                // unless it is cancelled.
                Some(Err(error)) if self.failed.is_none() => {
                    self.failed = Some(self.started.failed(error));
                    receiver.cancel();
                }
                Some(Err(_)) | None => {
                    self.headers = receiver.headers().now_or_never().unwrap_or_default();
                    self.receiver = None;
                }
            }
        }
        let ended = match self.failed.take().or(self.cut.take()) {
            Some(status) => Err(self.started.ended(status, self.headers.clone())),
            None => self.started.ended_ok(),
        };
        Poll::Ready(ended.err().map(Err))
    }

    fn headers(&mut self) -> BoxFuture<'_, Metadata> {
        async move {
            match &mut self.receiver {
                Some(receiver) => receiver.headers().await,
                None => self.headers.clone(),
            }
        }
        .boxed()
    }

    fn ended(&mut self) -> (Metadata, Metadata) {
        (std::mem::take(&mut self.headers), self.started.trailers())
    }
}

/// The part that grpcio's two receivers share.
pub(super) trait Receiver {
    fn headers(&mut self) -> Pin<Box<dyn Future<Output = Metadata> + Send + '_>>;
    fn cancel(&mut self);
}

macro_rules! receivers {
    ($($receiver:ident),+) => {$(
        impl<T: Send> Receiver for $receiver<T> {
            fn headers(&mut self) -> Pin<Box<dyn Future<Output = Metadata> + Send + '_>> {
                $receiver::headers(self)
                    .map(|headers| headers.map(Metadata::from_grpcio).unwrap_or_default())
                    .boxed()
            }

            fn cancel(&mut self) {
                $receiver::cancel(self);
            }
        }
    )+};
}

receivers!(ClientSStreamReceiver, ClientDuplexReceiver);
