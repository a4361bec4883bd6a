//! The replies of a call, as grpcio receives them, made into a [`Source`] that reports how they
//! really ended.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use futures::stream::Peekable;
use futures::{Stream, StreamExt};
use grpcio::{ClientDuplexReceiver, ClientSStreamReceiver};
use protobuf::Message;
use quartet_seam::Envelope;

use super::call::ClientCall;
use crate::rpc::bundles::Incoming;
use crate::rpc::codec::Undecodable;
use crate::rpc::streaming::Source;
use crate::rpc::{Metadata, Status};

/// The reply messages of a call that this process makes.
pub(super) struct Replies<R: Stream> {
    receiver: Option<Peekable<R>>,
    call: ClientCall,
    /// What came before the first message, once it is known.
    headers: Option<Metadata>,
    /// What is wrong if the server's status is OK: a message that broke off.
    cut: Option<Status>,
    /// How the stream ended, until it is yielded.
    end: Option<Result<(), Status>>,
}

impl<R: Stream + Unpin> Replies<R> {
    /// Begins to read at once. A call that breaks off while something is still being sent loses
    /// what C-core has received; what it has been asked for, it hands over before.
    pub(super) fn new(receiver: R, call: ClientCall) -> Self {
        let mut receiver = receiver.peekable();
        let mut cx = Context::from_waker(Waker::noop());
        let _ = call.seen.reading(|| Pin::new(&mut receiver).poll_peek(&mut cx));
        Replies { receiver: Some(receiver), call, headers: None, cut: None, end: None }
    }
}

impl<T, R> Source<T> for Replies<R>
where
    T: Message,
    R: Stream<Item = grpcio::Result<Incoming<T>>> + Receiver + Unpin + Send,
{
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Incoming<T>, Status>>> {
        if let (None, Some(receiver)) = (&self.end, &mut self.receiver) {
            // The status is asked for after the last message, so an error is the end.
            let next = self.call.seen.reading(|| receiver.poll_next_unpin(cx));
            self.end = Some(match ready!(next) {
                Some(Ok(incoming)) => return Poll::Ready(Some(Ok(incoming))),
                Some(Err(error)) => Err(self.call.failed(error)),
                None => self.cut.take().map_or(Ok(()), Err),
            });
        }
        ready!(self.poll_headers(cx));
        self.receiver = None;
        let ended = match self.end.take() {
            Some(Err(status)) => {
                Err(self.call.ended(status, self.headers.clone().unwrap_or_default()))
            }
            Some(Ok(())) => self.call.ended_ok(),
            None => return Poll::Ready(None),
        };
        Poll::Ready(ended.err().map(Err))
    }

    fn refuse(&mut self, why: Undecodable) {
        let is_cut = matches!(why, Undecodable::Found(Envelope::Cut));
        let status = why.status("reply");
        if is_cut {
            self.cut = Some(status);
            return;
        }
        if let Some(receiver) = &mut self.receiver {
            receiver.get_mut().cancel();
        }
        self.end = Some(Err(status));
    }

    fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<&Metadata> {
        if let (None, Some(receiver)) = (&self.headers, &mut self.receiver) {
            self.headers = Some(ready!(receiver.get_mut().poll_headers(cx)));
        }
        Poll::Ready(self.headers.get_or_insert_default())
    }

    fn trailers(&mut self) -> Metadata {
        self.call.trailers()
    }
}

/// The part that grpcio's two receivers share.
pub(super) trait Receiver {
    /// The headers of the call; not to be asked again after they were there.
    fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<Metadata>;
    fn cancel(&mut self);
}

macro_rules! receivers {
    ($($receiver:ident),+) => {$(
        impl<T: Send> Receiver for $receiver<T> {
            fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<Metadata> {
                let headers = ready!(pin!($receiver::headers(self)).poll(cx));
                Poll::Ready(headers.map(Metadata::from_grpcio).unwrap_or_default())
            }

            fn cancel(&mut self) {
                $receiver::cancel(self);
            }
        }
    )+};
}

receivers!(ClientSStreamReceiver, ClientDuplexReceiver);
