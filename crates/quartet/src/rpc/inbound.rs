//! Messages as grpcio receives them, made into a [`Source`] that tells the truth.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use futures::future;
use futures::stream::Peekable;
use futures::{Stream, StreamExt};
use grpcio::{ClientDuplexReceiver, ClientSStreamReceiver, RequestStream};

use quartet_seam::{Envelope, ServerCall};

use super::codec::{Decoded, REQUEST, Received, Undecodable, opened};
use super::outgoing::Started;
use super::streaming::Source;
use super::watch::Tally;
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
        if call.half_closed() {
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
        let item = ready!(self.call.within(|| stream.poll_next_unpin(cx)));
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
pub(super) struct Replies<R: Stream> {
    receiver: Option<Peekable<R>>,
    started: Started,
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
    pub(super) fn new(receiver: R, started: Started) -> Self {
        let mut receiver = receiver.peekable();
        let mut cx = Context::from_waker(Waker::noop());
        let _ = started.seen.reading(|| Pin::new(&mut receiver).poll_peek(&mut cx));
        Replies { receiver: Some(receiver), started, headers: None, cut: None, end: None }
    }
}

impl<T, R> Source<T> for Replies<R>
where
    T: Send,
    R: Stream<Item = grpcio::Result<Decoded<T>>> + Receiver + Unpin + Send,
{
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Received<T>, Status>>> {
        while let (None, Some(receiver)) = (&self.end, &mut self.receiver) {
            // The status is asked for after the last message, so an error is the end.
            let seen = &self.started.seen;
            self.end = Some(match ready!(seen.reading(|| receiver.poll_next_unpin(cx))) {
                Some(Ok(Err(cut @ Undecodable::Found(Envelope::Cut)))) => {
                    self.cut = Some(cut.status("reply"));
                    continue;
                }
                Some(Ok(received)) => match self.started.opened(received) {
                    Ok(message) => return Poll::Ready(Some(Ok(message))),
                    Err(status) => {
                        receiver.get_mut().cancel();
                        Err(status)
                    }
                },
                Some(Err(error)) => Err(self.started.failed(error)),
                None => self.cut.take().map_or(Ok(()), Err),
            });
        }
        ready!(self.poll_headers(cx));
        self.receiver = None;
        let ended = match self.end.take() {
            Some(Err(status)) => {
                Err(self.started.ended(status, self.headers.clone().unwrap_or_default()))
            }
            Some(Ok(())) => self.started.ended_ok(),
            None => return Poll::Ready(None),
        };
        Poll::Ready(ended.err().map(Err))
    }

    fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<&Metadata> {
        if let (None, Some(receiver)) = (&self.headers, &mut self.receiver) {
            self.headers = Some(ready!(receiver.get_mut().poll_headers(cx)));
        }
        Poll::Ready(self.headers.get_or_insert_default())
    }

    fn trailers(&mut self) -> Metadata {
        self.started.trailers()
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
