use std::cell::RefCell;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Sink;
use grpcio::WriteFlags;
use protobuf::Message;

use quartet_seam::bundle::{self, Builder};

use crate::rpc::codec;

/// What grpcio sends as a message.
#[derive(Debug)]
pub enum Outgoing<T> {
    One(T),
    /// Messages that C-core takes for one. They are taken out once.
    Bundle(RefCell<Builder>),
}

/// A longer message goes alone: a copy costs more than an operation saves.
const LONG: u64 = 4 << 10;
/// A bundle is sent once it has so many bytes, at first: a peer that reads nothing holds back
/// several.
const FULL: usize = 16 << 10;
/// A bundle of a stream that goes on may be as long as this.
const FULL_AT_MOST: usize = 64 << 10;

/// A sink of messages, in front of grpcio's. What is fed without a pause leaves in bundles; nothing
/// is kept over a flush, and the first message leaves by itself, with the headers.
pub struct Bundling<S, T> {
    sink: S,
    /// Whether the sink has failed. grpcio's panics if it is polled once more.
    has_failed: bool,
    /// Whether messages may be put together: not those that may be compressed.
    is_plain: bool,
    is_first: bool,
    gathered: Builder,
    /// How long the last bundle was: room for the next.
    room: usize,
    /// How many bytes have left in bundles.
    left: usize,
    /// One that follows what is gathered by itself.
    alone: Option<(T, WriteFlags)>,
}

// No message is pinned.
impl<S: Unpin, T> Unpin for Bundling<S, T> {}

impl<S, T> Bundling<S, T> {
    pub fn new(sink: S) -> Self {
        Bundling {
            sink,
            has_failed: false,
            is_plain: false,
            is_first: true,
            gathered: Builder::default(),
            room: 0,
            left: 0,
            alone: None,
        }
    }

    /// Sets whether messages may be put together, before the first.
    pub fn set_plain(&mut self, is_plain: bool) {
        self.is_plain = is_plain;
    }

    pub fn into_inner(self) -> S {
        self.sink
    }

    /// What is to be handed on next, if anything is gathered.
    fn next(&mut self) -> Option<(Outgoing<T>, WriteFlags)> {
        if self.gathered.is_empty() {
            return self.alone.take().map(|(message, how)| (Outgoing::One(message), how));
        }
        self.room = self.gathered.size();
        self.left = self.left.saturating_add(self.room);
        let gathered = mem::take(&mut self.gathered);
        Some((Outgoing::Bundle(gathered.into()), WriteFlags::default()))
    }

    /// How many bytes are a bundle: an eighth of what the peer has taken already.
    fn full(&self) -> usize {
        (self.left / 8).clamp(FULL, FULL_AT_MOST)
    }

    /// Whether the next message may join those that are gathered, or wait for others.
    fn gathers(&self) -> bool {
        let gathered = &self.gathered;
        let is_full = || gathered.size() >= self.full() || gathered.count() >= bundle::most();
        self.is_plain && !self.is_first && self.alone.is_none() && !is_full()
    }
}

impl<S, T: Message> Bundling<S, T> {
    /// Adds a message to those that are gathered, unless it has to wait or to leave by itself: then
    /// it is to be fed.
    ///
    /// # Errors
    /// Why it can't be encoded.
    pub fn gather(&mut self, message: &T) -> Result<bool, String> {
        Ok(self.gathers() && self.add(message)?)
    }

    /// Adds a message, unless it is long.
    fn add(&mut self, message: &T) -> Result<bool, String> {
        self.gathered.make_room(self.room);
        self.gathered.add(|bytes| codec::append(message, bytes, LONG))
    }
}

impl<S, T> Bundling<S, T>
where
    S: Sink<(Outgoing<T>, WriteFlags), Error = grpcio::Error> + Unpin,
    T: Message,
{
    /// Polls the sink, unless it has failed.
    fn poll(
        &mut self,
        poll: impl FnOnce(Pin<&mut S>) -> Poll<grpcio::Result<()>>,
    ) -> Poll<grpcio::Result<()>> {
        if self.has_failed {
            return Poll::Ready(Err(grpcio::Error::RpcFinished(None)));
        }
        let polled = poll(Pin::new(&mut self.sink));
        self.has_failed = matches!(polled, Poll::Ready(Err(_)));
        polled
    }

    /// Hands on what is gathered.
    fn poll_hand_on(&mut self, cx: &mut Context<'_>) -> Poll<grpcio::Result<()>> {
        while self.alone.is_some() || !self.gathered.is_empty() {
            ready!(self.poll(|sink| sink.poll_ready(cx)))?;
            if let Some(next) = self.next() {
                Pin::new(&mut self.sink).start_send(next)?;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S, T> Sink<(T, WriteFlags)> for Bundling<S, T>
where
    S: Sink<(Outgoing<T>, WriteFlags), Error = grpcio::Error> + Unpin,
    T: Message,
{
    type Error = grpcio::Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<grpcio::Result<()>> {
        if self.gathers() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_hand_on(cx))?;
        self.poll(|sink| sink.poll_ready(cx))
    }

    fn start_send(mut self: Pin<&mut Self>, item: (T, WriteFlags)) -> grpcio::Result<()> {
        let (message, how) = item;
        if mem::take(&mut self.is_first) || !self.is_plain || bundle::most() == 0 {
            return Pin::new(&mut self.sink).start_send((Outgoing::One(message), how));
        }
        if !self.add(&message).map_err(codec::unencodable)? {
            self.alone = Some((message, how));
        }
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<grpcio::Result<()>> {
        ready!(self.poll_hand_on(cx))?;
        self.poll(|sink| sink.poll_flush(cx))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<grpcio::Result<()>> {
        ready!(self.poll_hand_on(cx))?;
        self.poll(|sink| sink.poll_close(cx))
    }
}
