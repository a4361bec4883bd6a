//! Messages of a stream that are sent together, and those that came together.

use std::cell::RefCell;
use std::io::{BufRead, Read};
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Sink;
use grpcio::{MessageReader, WriteFlags};
use protobuf::Message;

use quartet_seam::bundle::{self, Builder};
use quartet_seam::{self as seam, Envelope};

use super::codec::{self, Decoded, Undecodable};

/// What grpcio sends as a message.
#[derive(Debug)]
pub enum Outgoing<T> {
    One(T),
    /// Messages that C-core takes for one. They are taken out once.
    Bundle(RefCell<Builder>),
}

/// A longer message goes alone: a copy costs more than an operation saves.
const LONG: u64 = 4 << 10;
/// A bundle is sent once it has so many bytes.
const FULL: usize = 16 << 10;

/// A sink of messages, in front of grpcio's. What is fed without a pause leaves in bundles; nothing
/// is kept over a flush, and the first message leaves by itself, with the headers.
pub struct Bundling<S, T> {
    sink: S,
    /// Whether messages may be put together: not those that may be compressed.
    is_plain: bool,
    is_first: bool,
    gathered: Builder,
    /// How long the last bundle was: room for the next.
    room: usize,
    /// One that follows what is gathered by itself.
    alone: Option<(T, WriteFlags)>,
}

// No message is pinned.
impl<S: Unpin, T> Unpin for Bundling<S, T> {}

impl<S, T> Bundling<S, T> {
    pub fn new(sink: S) -> Self {
        let gathered = Builder::default();
        Bundling { sink, is_plain: false, is_first: true, gathered, room: 0, alone: None }
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
        let gathered = mem::take(&mut self.gathered);
        Some((Outgoing::Bundle(gathered.into()), WriteFlags::default()))
    }

    fn is_full(&self) -> bool {
        let gathered = &self.gathered;
        self.alone.is_some() || gathered.size() >= FULL || gathered.count() >= bundle::most()
    }
}

impl<S, T> Bundling<S, T>
where
    S: Sink<(Outgoing<T>, WriteFlags), Error = grpcio::Error> + Unpin,
    T: Message,
{
    /// Hands on what is gathered.
    fn poll_hand_on(&mut self, cx: &mut Context<'_>) -> Poll<grpcio::Result<()>> {
        while self.alone.is_some() || !self.gathered.is_empty() {
            ready!(Pin::new(&mut self.sink).poll_ready(cx))?;
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
        if !self.is_first && self.is_plain && !self.is_full() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_hand_on(cx))?;
        Pin::new(&mut self.sink).poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, item: (T, WriteFlags)) -> grpcio::Result<()> {
        let (message, how) = item;
        if mem::take(&mut self.is_first) || !self.is_plain || bundle::most() == 0 {
            return Pin::new(&mut self.sink).start_send((Outgoing::One(message), how));
        }
        if codec::size(&message)? >= LONG {
            self.alone = Some((message, how));
            return Ok(());
        }
        if self.gathered.is_empty() {
            self.gathered = Builder::with_room(self.room);
        }
        self.gathered.add(|bytes| codec::append(&message, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<grpcio::Result<()>> {
        ready!(self.poll_hand_on(cx))?;
        Pin::new(&mut self.sink).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<grpcio::Result<()>> {
        ready!(self.poll_hand_on(cx))?;
        Pin::new(&mut self.sink).poll_close(cx)
    }
}

/// What grpcio reads as a message.
pub enum Incoming<T> {
    One(Decoded<T>),
    Bundle(Bundle<T>),
}

/// What is left of messages that came together.
pub struct Inbox<T>(Option<Bundle<T>>);

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Inbox(None)
    }
}

impl<T: Message> Inbox<T> {
    /// The next message: of those that are left, or of what `poll` brings from grpcio; or the error
    /// or the end that grpcio sees.
    pub fn poll_next(
        &mut self,
        mut poll: impl FnMut() -> Poll<Option<grpcio::Result<Incoming<T>>>>,
    ) -> Poll<Option<grpcio::Result<Decoded<T>>>> {
        loop {
            if let Some(next) = self.0.as_mut().and_then(Bundle::next) {
                return Poll::Ready(Some(Ok(next)));
            }
            self.0 = None;
            match ready!(poll()) {
                Some(Ok(Incoming::Bundle(bundle))) => self.0 = Some(bundle),
                Some(Ok(Incoming::One(message))) => return Poll::Ready(Some(Ok(message))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(Bundle::is_empty)
    }
}

/// Messages that came together.
pub struct Bundle<T> {
    reader: MessageReader,
    limit: usize,
    message: PhantomData<fn() -> T>,
}

impl<T: Message> Bundle<T> {
    /// Behind its envelope.
    pub fn new(mut reader: MessageReader) -> Self {
        let mut limit = [0; seam::LIMIT_BYTES];
        let limit = match reader.read_exact(&mut limit) {
            Ok(()) => usize::try_from(u64::from_be_bytes(limit)).unwrap_or(usize::MAX),
            Err(_) => 0,
        };
        Bundle { reader, limit, message: PhantomData }
    }

    /// Whether there are none left.
    pub fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }

    /// The next message. Nothing is left behind one that can't be read.
    pub fn next(&mut self) -> Option<Decoded<T>> {
        let mut prefix = [0; bundle::PREFIX];
        self.reader.read_exact(&mut prefix).ok()?;
        let [_, length @ ..] = prefix;
        let length = u32::from_be_bytes(length) as usize;
        if length > self.limit {
            return Some(Err(Undecodable::Found(Envelope::TooLong)));
        }
        let start = self.reader.fill_buf().unwrap_or_default();
        if let Some(bytes) = start.get(..length) {
            let decoded = codec::parse(bytes);
            self.reader.consume(length);
            return Some(decoded);
        }
        let mut bytes = Vec::with_capacity(length);
        let read = (&mut self.reader).take(length as u64).read_to_end(&mut bytes);
        Some(
            read.map_err(|error| Undecodable::Malformed(error.to_string()))
                .and_then(|_| codec::parse(&bytes)),
        )
    }
}
