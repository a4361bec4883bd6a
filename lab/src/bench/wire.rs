//! An HTTP/2 connection of the lab's own, as a client: what it costs is no contestant's.
//!
//! It sends what fits into the window that everybody begins with, and takes whatever comes.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Duration;

use loona_hpack::Decoder;

use crate::interop::http2::frame::{self, Frame};

/// The longest that the other side may keep silent.
const SILENCE: Duration = Duration::from_secs(30);

/// SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113, section 6.5.2).
const INITIAL_WINDOW: u16 = 4;

/// Practically no limit to what may be received.
const WINDOW: u32 = 1 << 30;

/// A connection.
pub struct Connection {
    socket: TcpStream,
    authority: String,
    headers: Decoder<'static>,
    next_stream: u32,
}

/// What came on a stream.
pub struct Event {
    /// The stream.
    pub stream: u32,
    /// What it was.
    pub kind: EventKind,
    /// Whether it was the last.
    pub ends: bool,
}

/// What can come on a stream.
pub enum EventKind {
    /// Headers or trailers.
    Headers(Vec<(Vec<u8>, Vec<u8>)>),
    /// A piece of its messages.
    Data(Vec<u8>),
    /// The other side gave it up, with this code.
    Reset(u32),
}

impl Connection {
    /// Connects, with the preface sent.
    pub fn open(address: &str) -> io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(SILENCE))?;
        let headers = Decoder::new();
        let mut connection = Self { socket, authority: address.into(), headers, next_stream: 1 };
        connection.socket.write_all(frame::PREFACE)?;
        connection.send(&frame::settings(&[(INITIAL_WINDOW, WINDOW)]))?;
        connection.send(&frame::window_update(0, WINDOW as usize))?;
        Ok(connection)
    }

    /// Begins a call.
    pub fn call(&mut self, path: &str) -> io::Result<u32> {
        let stream = self.next_stream;
        self.next_stream += 2;
        self.send(&frame::request(stream, &self.authority, path))?;
        Ok(stream)
    }

    /// Sends a message, and perhaps the end of the stream after it.
    pub fn message(&mut self, stream: u32, message: &[u8], ends: bool) -> io::Result<()> {
        let length = (message.len() as u32).to_be_bytes();
        let mut frame = frame::data(stream, &[&[0], &length[..], message].concat(), None);
        if ends {
            frame.flags |= frame::END_STREAM;
        }
        self.send(&frame)
    }

    /// Ends this side of a stream.
    pub fn half_close(&mut self, stream: u32) -> io::Result<()> {
        self.send(&Frame::new(frame::DATA, frame::END_STREAM, stream, []))
    }

    /// What comes next on any stream.
    pub fn next(&mut self) -> io::Result<Event> {
        loop {
            let frame = Frame::read(&mut self.socket)?
                .ok_or_else(|| io::Error::other("the other side closed the connection"))?;
            if let Some(event) = self.take(frame)? {
                return Ok(event);
            }
        }
    }

    fn take(&mut self, frame: Frame) -> io::Result<Option<Event>> {
        let ends = frame.has(frame::END_STREAM);
        let kind = match frame.kind {
            frame::SETTINGS if !frame.has(frame::ACK) => {
                return self.send(&Frame::new(frame::SETTINGS, frame::ACK, 0, [])).map(|()| None);
            }
            frame::PING if !frame.has(frame::ACK) => {
                let answer = Frame::new(frame::PING, frame::ACK, 0, frame.payload);
                return self.send(&answer).map(|()| None);
            }
            frame::DATA => EventKind::Data(frame.payload),
            frame::HEADERS => EventKind::Headers(self.decode(&frame.payload)?),
            frame::RST_STREAM => {
                let kind = EventKind::Reset(frame.number(0));
                return Ok(Some(Event { stream: frame.stream, kind, ends: true }));
            }
            _ => return Ok(None),
        };
        Ok(Some(Event { stream: frame.stream, kind, ends }))
    }

    fn decode(&mut self, block: &[u8]) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let headers = self.headers.decode(block);
        headers.map_err(|error| io::Error::other(format!("headers can't be read: {error:?}")))
    }

    fn send(&mut self, frame: &Frame) -> io::Result<()> {
        frame.write(&mut self.socket)
    }
}
