//! Messages as grpcio receives them, made into a [`Source`] that tells the truth.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt};
use grpcio::{ClientDuplexReceiver, ClientSStreamReceiver, RequestStream};

use crate::seam::ServerCall;

use super::client::Started;
use super::codec::Decoded;
use super::streaming::Source;
use super::{Metadata, Status};

/// grpcio's request stream, which cancels the call when it is dropped unread. So it is
/// shared with the call, which keeps it until the reply is through.
pub(super) type Shared<T> = Arc<Mutex<RequestStream<Decoded<T>>>>;

/// The request messages of a call that is being served.
pub(super) struct Requests<T> {
    pub stream: Shared<T>,
    pub call: Arc<ServerCall>,
}

impl<T: Send> Source<T> for Requests<T> {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let item = std::task::ready!(self.call.within(|| stream.poll_next_unpin(cx)));
        Poll::Ready(match item {
            Some(Ok(message)) => Some(message.map_err(|error| error.status("request"))),
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
}

impl<R> Replies<R> {
    pub(super) fn new(receiver: R, started: Started) -> Self {
        Replies { receiver: Some(receiver), started, failed: None }
    }
}

impl<T, R> Source<T> for Replies<R>
where
    T: Send,
    R: Stream<Item = grpcio::Result<Decoded<T>>> + Receiver + Unpin + Send,
{
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        while let Some(receiver) = &mut self.receiver {
            match std::task::ready!(receiver.poll_next_unpin(cx)) {
                Some(Ok(Ok(message))) => return Poll::Ready(Some(Ok(message))),
                Some(Ok(Err(undecodable))) => self.fail(undecodable.status("reply")),
                // grpcio reports a status as soon as it is there, before the messages that
                // came ahead of it: read on to the end of those.
                Some(Err(error)) if self.failed.is_none() => {
                    self.failed = Some(self.started.failed(error));
                }
                Some(Err(_)) | None => self.receiver = None,
            }
        }
        Poll::Ready(self.failed.take().map(Err))
    }

    fn headers(&mut self) -> BoxFuture<'_, Metadata> {
        async move {
            match &mut self.receiver {
                Some(receiver) => receiver.headers().await,
                None => Metadata::new(),
            }
        }
        .boxed()
    }

    fn trailers(&mut self) -> Metadata {
        self.started.trailers()
    }
}

impl<R> Replies<R> {
    /// Ends the call from this side.
    fn fail(&mut self, status: Status) {
        self.failed = Some(status);
        self.receiver = None;
    }
}

/// The part that grpcio's two receivers share.
pub(super) trait Receiver {
    fn headers(&mut self) -> Pin<Box<dyn Future<Output = Metadata> + Send + '_>>;
}

macro_rules! receivers {
    ($($receiver:ident),+) => {$(
        impl<T: Send> Receiver for $receiver<T> {
            fn headers(&mut self) -> Pin<Box<dyn Future<Output = Metadata> + Send + '_>> {
                $receiver::headers(self)
                    .map(|headers| headers.map(Metadata::from_grpcio).unwrap_or_default())
                    .boxed()
            }
        }
    )+};
}

receivers!(ClientSStreamReceiver, ClientDuplexReceiver);
