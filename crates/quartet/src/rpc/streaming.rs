use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::{Stream, StreamExt, TryStreamExt};

use quartet_seam as seam;

use super::bundles::{Bundle, Incoming};
use super::codec::{Received, Undecodable};
use super::watch::Tally;
use super::{Metadata, Status};

/// A stream of messages from the peer: requests in a handler, replies in a client.
///
/// It yields messages, then `None` if the peer ended the stream properly (a client's half-close, a
/// server's OK), or one `Err` if anything else ended it: a stream that was cancelled or cut off
/// never looks complete. Every message that arrived before the error is yielded before it. After
/// the end it always yields `None`.
///
/// In a client, dropping it before the end cancels the call. A handler may drop it, or leave it
/// unread, and still answer.
///
/// ```
/// use quartet::rpc::{Request, Response, Status, Streaming};
///
/// async fn sum(request: Request<Streaming<u32>>) -> Result<Response<u32>, Status> {
///     let (mut numbers, mut sum) = (request.into_inner(), 0);
///     while let Some(number) = numbers.message().await? {
///         sum += number;
///     }
///     Ok(sum.into())
/// }
/// # futures::executor::block_on(async {
/// let numbers = Streaming::local(futures::stream::iter([Ok(1), Ok(2)])); // as in a test
/// assert_eq!(sum(numbers.into()).await?.into_inner(), 3);
/// # Ok::<(), Status>(()) }).unwrap();
/// ```
pub struct Streaming<T> {
    source: Option<Box<dyn Source<T>>>,
    /// What the source has yielded last, if that was more than one message.
    bundle: Option<Bundle<T>>,
    tally: Option<Arc<Tally>>,
    headers: Option<Metadata>,
    trailers: Metadata,
    compressed: bool,
}

/// Where messages come from.
pub(super) trait Source<T>: Send {
    /// What comes next; not called again after an error or the end.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Incoming<T>, Status>>>;

    /// To be called when a message can't be read. What is wrong with it is the next error, where
    /// nothing else is.
    fn refuse(&mut self, why: Undecodable);

    /// The metadata before the first message. They are there when the stream has ended.
    fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<&Metadata> {
        static NONE: Metadata = Metadata::new();
        let _ = cx;
        Poll::Ready(&NONE)
    }

    /// The metadata after the last message; asked once, at the end.
    fn trailers(&mut self) -> Metadata {
        Metadata::new()
    }
}

impl<T> Streaming<T> {
    /// A stream whose messages are counted in the tally, if there is one.
    pub(super) fn new(source: impl Source<T> + 'static, tally: Option<Arc<Tally>>) -> Self {
        Streaming {
            source: Some(Box::new(source)),
            bundle: None,
            tally,
            headers: None,
            trailers: Metadata::new(),
            compressed: false,
        }
    }

    /// A stream of messages that does not come from a peer: for calling a handler directly.
    pub fn local(messages: impl Stream<Item = Result<T, Status>> + Send + 'static) -> Self {
        Streaming::new(Local(Box::pin(messages)), None)
    }

    /// The next message, or `None` at the end.
    ///
    /// # Errors
    /// The status that ended the stream, once.
    pub async fn message(&mut self) -> Result<Option<T>, Status> {
        self.try_next().await
    }

    /// Whether the next message is there already, as it came together with the last one.
    pub(super) fn has_more(&self) -> bool {
        self.bundle.as_ref().is_some_and(|bundle| !bundle.is_empty())
    }

    /// Whether the last message yielded arrived compressed.
    pub fn compressed(&self) -> bool {
        self.compressed
    }

    /// In a client: the metadata that the server sent before its first message. Waits for it; empty
    /// if the call ends without. A server may send its headers only with its first message, so a
    /// bidirectional call should not wait for them before it sends.
    pub async fn headers(&mut self) -> &Metadata {
        if let (None, Some(source)) = (&self.headers, &mut self.source) {
            self.headers = Some(poll_fn(|cx| source.poll_headers(cx).map(Metadata::clone)).await);
        }
        self.headers.get_or_insert_default()
    }

    /// In a client: the metadata that the server sent with an OK status, available once the stream
    /// has yielded `None`; for another status, see [`Status::metadata`].
    pub fn trailers(&self) -> &Metadata {
        &self.trailers
    }
}

impl<T> Streaming<T> {
    /// Puts the next of the messages that came together there, if one is left.
    fn next_of_bundle(&mut self, into: &mut Option<T>) {
        let Some(bundle) = &mut self.bundle else { return };
        let read = bundle.next(into, self.tally.as_deref());
        if into.is_some() {
            return;
        }
        self.bundle = None;
        if let (Err(why), Some(source)) = (read, &mut self.source) {
            source.refuse(why);
        }
    }

    /// The next message, or the end, of what the source yields next.
    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        while let Some(source) = &mut self.source {
            match ready!(source.poll_more(cx)) {
                Some(Ok(Incoming::Bundle(bundle))) => {
                    self.bundle = Some(bundle);
                    self.compressed = false;
                    let mut message = None;
                    self.next_of_bundle(&mut message);
                    if let Some(message) = message {
                        return Poll::Ready(Some(Ok(message)));
                    }
                }
                Some(Ok(Incoming::One(Ok(received)))) => {
                    let Received { message, bytes, compressed } = received;
                    self.compressed = compressed;
                    if let Some(tally) = &self.tally {
                        tally.received(bytes);
                    }
                    return Poll::Ready(Some(Ok(message)));
                }
                Some(Ok(Incoming::One(Err(why)))) => source.refuse(why),
                Some(Err(status)) => {
                    self.end(cx);
                    return Poll::Ready(Some(Err(status)));
                }
                None => {
                    self.trailers = source.trailers();
                    self.end(cx);
                }
            }
        }
        Poll::Ready(None)
    }

    /// Keeps what can still be asked for, and lets go of the source.
    fn end(&mut self, cx: &mut Context<'_>) {
        if let Some(mut source) = self.source.take()
            && let (None, Poll::Ready(came)) = (&self.headers, source.poll_headers(cx))
        {
            self.headers = Some(came.clone());
        }
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut message = None;
        self.next_of_bundle(&mut message);
        if message.is_none() {
            let next = self.poll_source(cx);
            if next.is_ready() {
                seam::take_turn();
            }
            return next;
        }
        seam::take_turn();
        Poll::Ready(message.map(Ok))
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("ended", &self.source.is_none()).finish_non_exhaustive()
    }
}

struct Local<S>(Pin<Box<S>>);

impl<T, S: Stream<Item = Result<T, Status>> + Send> Source<T> for Local<S> {
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Incoming<T>, Status>>> {
        self.0.poll_next_unpin(cx).map_ok(|message| Incoming::One(Ok(Received::local(message))))
    }

    fn refuse(&mut self, _: Undecodable) {}
}
