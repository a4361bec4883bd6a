//! HTTP/2 by hand (RFC 9113): a client that can send what no library would, and counts what
//! comes back, frame by frame. Whatever does not come in time is a failure, never a "closed".

pub mod hpack;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

pub use hpack::{Header, block};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// RST_STREAM's code CANCEL.
pub const CANCEL: [u8; 4] = [0, 0, 0, 8];

/// Far longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// A connection whose preface and settings have been sent.
pub struct Connection {
    socket: TcpStream,
    pings: u8,
    /// How much may be sent, on each stream and (0) on all together.
    windows: BTreeMap<u32, i64>,
    /// What has come so far, for each stream.
    seen: BTreeMap<u32, Seen>,
    closed: bool,
}

/// All that came for one stream.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    pub headers: Vec<(String, String)>,
    pub data: Vec<u8>,
    /// How many frames ended the stream.
    pub ends: usize,
    /// The codes of its RST_STREAM frames.
    pub resets: Vec<u32>,
    /// How many frames came after its end that have no business there.
    pub late: usize,
    /// Whether the connection was closed, or a GOAWAY came.
    pub closed: bool,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().rev().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    pub fn grpc_status(&self) -> Option<u32> {
        self.header("grpc-status").and_then(|status| status.parse().ok())
    }

    /// Whether the stream ended, and not with OK.
    pub fn is_error(&self) -> bool {
        self.over() && self.grpc_status() != Some(0)
    }

    /// Whether the stream's end was said as RFC 9113 has it: one END_STREAM, or a reset, or the
    /// one and then the other; and nothing after that.
    pub fn ended_once(&self) -> bool {
        self.over() && self.ends <= 1 && self.resets.len() <= 1 && self.late == 0
    }

    fn over(&self) -> bool {
        self.ends > 0 || !self.resets.is_empty()
    }

    fn take(&mut self, frame: Frame) {
        let end = frame.kind != RST_STREAM && frame.flags & END_STREAM != 0;
        self.late += usize::from(self.over() && frame.kind != RST_STREAM);
        self.ends += usize::from(end);
        match frame.kind {
            HEADERS => self.headers.extend(hpack::decode(&frame.payload)),
            DATA => self.data.extend(&frame.payload),
            RST_STREAM => {
                let code = frame.payload.try_into().map(u32::from_be_bytes);
                self.resets.push(code.unwrap_or(u32::MAX));
            }
            other => panic!("expected an answer, saw a frame of the kind {other}"),
        }
    }
}

impl Connection {
    pub fn open(address: &str) -> Self {
        Connection::open_with_room(address, i32::MAX)
    }

    /// The same with so much room for the reply on each stream.
    pub fn open_with_room(address: &str, room: i32) -> Self {
        let mut connection = Connection::open_silent(address);
        connection.raw(PREFACE);
        // No header table.
        let settings = [&[0, 1, 0, 0, 0, 0, 0, 4], &room.to_be_bytes()[..]].concat();
        connection.frame(SETTINGS, 0, 0, &settings);
        connection.frame(WINDOW_UPDATE, 0, 0, &(16_u32 << 20).to_be_bytes());
        connection
    }

    /// A connection on which nothing has been sent.
    pub fn open_silent(address: &str) -> Self {
        Connection::on(TcpStream::connect(address).expect("the server takes a connection"))
    }

    /// The other end: takes a client's connection, up to its preface.
    pub fn accept(listener: &TcpListener) -> Self {
        let (socket, _) = listener.accept().expect("a client connects");
        let mut connection = Connection::on(socket);
        connection.frame(SETTINGS, 0, 0, &[]);
        let mut preface = [0; PREFACE.len()];
        in_time(connection.socket.read_exact(&mut preface)).expect("a client stays");
        assert_eq!(preface, PREFACE, "a client begins with the preface");
        connection
    }

    fn on(socket: TcpStream) -> Self {
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        Connection {
            socket,
            pings: 0,
            windows: BTreeMap::new(),
            seen: BTreeMap::new(),
            closed: false,
        }
    }

    /// Sends bytes as they are; false if the peer has closed.
    pub fn raw(&mut self, bytes: &[u8]) -> bool {
        in_time(self.socket.write_all(bytes)).is_some()
    }

    pub fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        self.raw(&frame(kind, flags, stream, payload))
    }

    pub fn headers(&mut self, stream: u32, headers: &[Header<'_>], flags: u8) -> bool {
        self.frame(HEADERS, END_HEADERS | flags, stream, &block(headers))
    }

    /// Headers that one frame may not hold.
    pub fn long_headers(&mut self, stream: u32, headers: &[Header<'_>]) -> bool {
        self.raw(&long_headers(stream, &block(headers)))
    }

    /// One gRPC message in one DATA frame.
    pub fn message(&mut self, stream: u32, message: &[u8], flags: u8) -> bool {
        self.frame(DATA, flags, stream, &prefixed(message))
    }

    /// A gRPC message that ends the stream, in as many frames as it takes, as the server makes
    /// room for them; or as much of it as the server wants. For streams on which nothing else
    /// is sent.
    pub fn long_message(&mut self, stream: u32, message: &[u8]) {
        self.long_data(stream, &prefixed(message), END_STREAM);
    }

    /// The same of any data, with these flags on the last frame.
    pub fn long_data(&mut self, stream: u32, bytes: &[u8], flags: u8) {
        let mut parts = bytes.chunks(16_000).peekable();
        while let Some(part) = parts.next() {
            let length = part.len() as i64;
            while (*self.window(0)).min(*self.window(stream)) < length {
                if self.closed || self.seen(stream).over() {
                    return;
                }
                self.take_frame(&[]);
            }
            *self.window(0) -= length;
            *self.window(stream) -= length;
            let flags = if parts.peek().is_none() { flags } else { 0 };
            self.frame(DATA, flags, stream, part);
        }
    }

    fn window(&mut self, stream: u32) -> &mut i64 {
        self.windows.entry(stream).or_insert(65_535)
    }

    /// The next frame that is not for the upkeep of the connection; none when it is closed.
    pub fn next(&mut self) -> Option<Frame> {
        loop {
            let frame = self.read_frame()?;
            match (frame.kind, frame.flags & ACK) {
                (SETTINGS, 0) => drop(self.frame(SETTINGS, ACK, 0, &[])),
                (PING, 0) => drop(self.frame(PING, ACK, 0, &frame.payload)),
                (WINDOW_UPDATE, _) => {
                    let more = frame.payload.try_into().map_or(0, u32::from_be_bytes);
                    *self.window(frame.stream) += i64::from(more);
                    return Some(Frame { payload: Vec::new(), ..frame });
                }
                (SETTINGS, _) => {}
                _ => return Some(frame),
            }
        }
    }

    fn read_frame(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        in_time(self.socket.read_exact(&mut head))?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let mut payload = vec![0; length];
        in_time(self.socket.read_exact(&mut payload))?;
        let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    /// The contents of the peer's first frame, its settings; they are acknowledged.
    pub fn first_settings(&mut self) -> BTreeMap<u16, u32> {
        let first = self.read_frame().expect("a peer begins with its settings");
        assert_eq!(first.kind, SETTINGS, "a peer begins with its settings");
        self.frame(SETTINGS, ACK, 0, &[]);
        let entry = |entry: &[u8]| {
            let [a, b, c, d, e, f] = entry.try_into().expect("whole settings");
            (u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f]))
        };
        first.payload.chunks(6).map(entry).collect()
    }

    /// Waits for the end of these streams or of the connection (a GOAWAY alone is neither), and
    /// then for a round trip, so that what is sent once too often is seen as well. A stream that
    /// is over stays over: all that comes for it later, on any wait, is counted.
    pub fn finish<const N: usize>(&mut self, streams: [u32; N]) -> [Seen; N] {
        let limit = Instant::now() + PATIENCE;
        while !streams.iter().all(|stream| self.seen(*stream).over()) {
            assert!(Instant::now() < limit, "{streams:?} do not end: {:?}", self.seen);
            if self.take_frame(&[]).is_none() {
                break;
            }
        }
        self.round_trip();
        streams.map(|stream| Seen { closed: self.closed, ..self.seen(stream).clone() })
    }

    /// Waits until the peer has read all that was sent; false if it has closed.
    pub fn round_trip(&mut self) -> bool {
        self.pings = self.pings.wrapping_add(1);
        let ping = [self.pings; 8];
        self.frame(PING, 0, 0, &ping);
        let limit = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < limit, "no answer to a ping: {:?}", self.seen);
            match self.take_frame(&ping) {
                Some(true) => return true,
                Some(false) => {}
                None => return false,
            }
        }
    }

    /// Takes one frame; whether it answers this ping, or none when the connection is closed.
    fn take_frame(&mut self, ping: &[u8]) -> Option<bool> {
        let frame = self.next();
        match &frame {
            Some(Frame { kind: PING, payload, .. }) => return Some(payload == ping),
            None | Some(Frame { kind: GOAWAY, .. }) => self.closed = true,
            Some(_) => {}
        }
        let frame = frame?;
        if !matches!(frame.kind, GOAWAY | WINDOW_UPDATE) {
            self.seen.entry(frame.stream).or_default().take(frame);
        }
        Some(false)
    }

    /// Whether a stream has ended by now, or the connection was closed.
    pub fn has_ended(&mut self, stream: u32) -> bool {
        self.round_trip();
        self.closed || self.seen(stream).over()
    }

    /// Waits for a GOAWAY: its code, and what it says.
    pub fn goaway(&mut self) -> (u32, String) {
        let limit = Instant::now() + PATIENCE;
        while let Some(frame) = self.next() {
            assert!(Instant::now() < limit, "expected GOAWAY, saw {frame:?}");
            if let (GOAWAY, [_, _, _, _, code @ ..]) = (frame.kind, &*frame.payload) {
                let (code, text) = code.split_at(4);
                let code = u32::from_be_bytes(code.try_into().unwrap());
                return (code, String::from_utf8_lossy(text).into());
            }
        }
        panic!("expected GOAWAY; the connection was closed without")
    }

    /// Whether a GOAWAY has come, or the connection was closed.
    pub fn going_away(&self) -> bool {
        self.closed
    }

    fn seen(&mut self, stream: u32) -> &Seen {
        self.seen.entry(stream).or_default()
    }

    /// Every stream there has been on this connection, as it looks by now.
    pub fn all_seen(&self) -> impl Iterator<Item = (u32, &Seen)> {
        self.seen.iter().map(|(stream, seen)| (*stream, seen))
    }
}

/// What was done in time; none if the peer has closed.
fn in_time<T>(result: io::Result<T>) -> Option<T> {
    match result {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            panic!("expected the peer to answer or to close; nothing happened for {PATIENCE:?}")
        }
        result => result.ok(),
    }
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// A header block in as many frames as it takes.
pub fn long_headers(stream: u32, block: &[u8]) -> Vec<u8> {
    let mut frames = frame(HEADERS, 0, stream, &[]);
    for part in block.chunks(16_000) {
        frames.extend(frame(CONTINUATION, 0, stream, part));
    }
    frames.extend(frame(CONTINUATION, END_HEADERS, stream, &[]));
    frames
}

/// A gRPC message with its prefix: not compressed, and its length.
pub fn prefixed(message: &[u8]) -> Vec<u8> {
    [&[0], &(message.len() as u32).to_be_bytes()[..], message].concat()
}

/// The headers of a good call, with some replaced (or left out, where the value is empty).
pub fn call<'a>(path: &'a str, changed: &[Header<'a>]) -> Vec<Header<'a>> {
    let mut headers: Vec<Header<'a>> = vec![
        (":method", b"POST"),
        (":scheme", b"http"),
        (":path", path.as_bytes()),
        (":authority", b"localhost"),
        ("te", b"trailers"),
        ("content-type", b"application/grpc"),
    ];
    for (name, value) in changed {
        match headers.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = value,
            None => headers.push((name, value)),
        }
    }
    headers.retain(|(_, value)| !value.is_empty());
    headers
}
