use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::{Stream, StreamExt, TryStreamExt};

use quartet_seam as seam;

use super::codec::Received;
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
    headers: Option<Metadata>,
    trailers: Metadata,
    compressed: bool,
}

/// Where messages come from.
pub(super) trait Source<T>: Send {
    /// The next message; not called again after an error or the end.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Received<T>, Status>>>;

    /// The metadata before the first message. They are there when the stream has ended.
    fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<&Metadata> {
        static NONE: Metadata = Metadata::new();
        let _ = cx;
        Poll::Ready(&NONE)
    }

    /// Whether the next message is there already, as it came together with the last one.
    fn has_more(&self) -> bool {
        false
    }

    /// The metadata after the last message; asked once, at the end.
    fn trailers(&mut self) -> Metadata {
        Metadata::new()
    }
}

impl<T> Streaming<T> {
    pub(super) fn new(source: impl Source<T> + 'static) -> Self {
        let source: Option<Box<dyn Source<T>>> = Some(Box::new(source));
        Streaming { source, headers: None, trailers: Metadata::new(), compressed: false }
    }

    /// A stream of messages that does not come from a peer: for calling a handler directly.
    pub fn local(messages: impl Stream<Item = Result<T, Status>> + Send + 'static) -> Self {
        Streaming::new(Local(Box::pin(messages)))
    }

    /// The next message, or `None` at the end.
    ///
    /// # Errors
    /// The status that ended the stream, once.
    pub async fn message(&mut self) -> Result<Option<T>, Status> {
        self.try_next().await
    }

    pub(super) fn has_more(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.has_more())
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

impl<T> Stream for Streaming<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Streaming { source, headers, trailers, compressed } = &mut *self;
        let Some(messages) = source else {
            return Poll::Ready(None);
        };
        let item = std::task::ready!(messages.poll_message(cx));
        seam::take_turn();
        if !matches!(item, Some(Ok(_))) {
            if let (None, Poll::Ready(came)) = (&headers, messages.poll_headers(cx)) {
                *headers = Some(came.clone());
            }
            if item.is_none() {
                *trailers = messages.trailers();
            }
            *source = None;
        }
        Poll::Ready(item.map(|item| {
            let Received { message, compressed: came_compressed, .. } = item?;
            *compressed = came_compressed;
            Ok(message)
        }))
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("ended", &self.source.is_none()).finish_non_exhaustive()
    }
}

struct Local<S>(Pin<Box<S>>);

impl<T, S: Stream<Item = Result<T, Status>> + Send> Source<T> for Local<S> {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Received<T>, Status>>> {
        self.0.poll_next_unpin(cx).map_ok(Received::local)
    }
}
