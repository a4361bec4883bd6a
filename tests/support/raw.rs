//! HTTP/2 by hand (RFC 9113): a client that can send what no library would, and counts what
//! comes back, frame by frame. Header blocks are literals; the peer is told to use no table.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

pub type Header<'a> = (&'a str, &'a [u8]);

/// A connection whose preface and settings have been sent.
pub struct Connection {
    socket: TcpStream,
    pings: u8,
}

/// All that came for one stream, up to its end and a round trip beyond.
#[derive(Debug, Default)]
pub struct Seen {
    pub headers: Vec<(String, String)>,
    pub data: Vec<u8>,
    /// How many frames ended the stream.
    pub ends: usize,
    /// The codes of its RST_STREAM frames.
    pub resets: Vec<u32>,
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
}

impl Connection {
    pub fn open(address: &str) -> Self {
        let mut connection = Connection::open_silent(address);
        connection.raw(PREFACE);
        // No header table, and room for every reply.
        let settings = [[0, 1, 0, 0, 0, 0], [0, 4, 0x7f, 0xff, 0xff, 0xff]].concat();
        connection.frame(SETTINGS, 0, 0, &settings);
        connection
    }

    /// A connection on which nothing has been sent.
    pub fn open_silent(address: &str) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Connection { socket, pings: 0 }
    }

    /// The other end: takes a client's connection, up to its preface.
    pub fn accept(listener: &TcpListener) -> Self {
        let (socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut connection = Connection { socket, pings: 0 };
        connection.frame(SETTINGS, 0, 0, &[]);
        let mut preface = [0; PREFACE.len()];
        connection.socket.read_exact(&mut preface).unwrap();
        assert_eq!(preface, PREFACE, "a client begins with the preface");
        connection
    }

    /// Sends bytes as they are; false if the peer has closed.
    pub fn raw(&mut self, bytes: &[u8]) -> bool {
        self.socket.write_all(bytes).is_ok()
    }

    pub fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        self.raw(&frame(kind, flags, stream, payload))
    }

    pub fn headers(&mut self, stream: u32, headers: &[Header<'_>], flags: u8) -> bool {
        self.frame(HEADERS, END_HEADERS | flags, stream, &block(headers))
    }

    /// One gRPC message in one DATA frame.
    pub fn message(&mut self, stream: u32, message: &[u8], flags: u8) -> bool {
        self.frame(DATA, flags, stream, &prefixed(message))
    }

    /// The next frame that is not for the upkeep of the connection; none when it is closed.
    pub fn next(&mut self) -> Option<Frame> {
        loop {
            let mut head = [0; 9];
            self.socket.read_exact(&mut head).ok()?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let mut payload = vec![0; length];
            self.socket.read_exact(&mut payload).ok()?;
            let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
            let frame = Frame { kind: head[3], flags: head[4], stream, payload };
            match (frame.kind, frame.flags & ACK) {
                (SETTINGS, 0) => drop(self.frame(SETTINGS, ACK, 0, &[])),
                (PING, 0) => drop(self.frame(PING, ACK, 0, &frame.payload)),
                (SETTINGS | WINDOW_UPDATE, _) => {}
                _ => return Some(frame),
            }
        }
    }

    /// The contents of the peer's first frame, its settings.
    pub fn first_settings(&mut self) -> Vec<u8> {
        let mut head = [0; 9];
        self.socket.read_exact(&mut head).unwrap();
        assert_eq!(head[3], SETTINGS, "a peer begins with its settings");
        let mut settings = vec![0; usize::from(head[2])];
        self.socket.read_exact(&mut settings).unwrap();
        self.frame(SETTINGS, ACK, 0, &[]);
        settings
    }

    /// Waits for the end of these streams, and then for a round trip, so that what is sent
    /// once too often is seen as well.
    pub fn finish<const N: usize>(&mut self, streams: [u32; N]) -> [Seen; N] {
        let mut seen = streams.map(|_| Seen::default());
        let mut closing = None;
        loop {
            let over = |seen: &Seen| seen.ends > 0 || !seen.resets.is_empty();
            if closing.is_none() && seen.iter().all(over) {
                self.pings += 1;
                closing = Some(vec![self.pings; 8]);
                self.frame(PING, 0, 0, &[self.pings; 8]);
            }
            let Some(frame) = self.next() else {
                seen.iter_mut().for_each(|seen| seen.closed = true);
                return seen;
            };
            match frame.kind {
                PING if closing.as_ref() == Some(&frame.payload) => return seen,
                GOAWAY => seen.iter_mut().for_each(|seen| seen.closed = true),
                _ => {
                    let index = streams.iter().position(|stream| *stream == frame.stream);
                    if let Some(index) = index {
                        seen[index].take(frame);
                    }
                }
            }
        }
    }
}

impl Seen {
    fn take(&mut self, frame: Frame) {
        match frame.kind {
            HEADERS => self.headers.extend(decode(&frame.payload)),
            DATA => self.data.extend(&frame.payload),
            RST_STREAM => {
                let code = frame.payload.try_into().map(u32::from_be_bytes);
                self.resets.push(code.unwrap_or(u32::MAX));
            }
            _ => {}
        }
        if matches!(frame.kind, HEADERS | DATA) && frame.flags & END_STREAM != 0 {
            self.ends += 1;
        }
    }
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
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

/// A header block of literals that are not indexed (RFC 7541, 6.2.2), not Huffman coded.
pub fn block(headers: &[Header<'_>]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(0);
        for text in [name.as_bytes(), value] {
            integer(&mut block, text.len());
            block.extend(text);
        }
    }
    block
}

/// An integer with a prefix of seven bits (RFC 7541, 5.1).
fn integer(block: &mut Vec<u8>, value: usize) {
    let Some(mut rest) = value.checked_sub(127) else { return block.push(value as u8) };
    block.push(127);
    while rest >= 128 {
        block.push(rest as u8 | 128);
        rest >>= 7;
    }
    block.push(rest as u8);
}

/// Reads a header block of a peer that uses no table of its own.
fn decode(block: &[u8]) -> Vec<(String, String)> {
    let mut rest = block;
    let mut headers = Vec::new();
    while let Some(first) = rest.first().copied() {
        let (prefix, literal) = match first {
            0x80.. => (7, false),
            0x40.. => (6, true),
            0x20.. => {
                take_integer(&mut rest, 5);
                continue;
            }
            _ => (4, true),
        };
        let index = take_integer(&mut rest, prefix);
        let (name, value) = static_entry(index);
        if !literal {
            headers.push((name.into(), value.into()));
            continue;
        }
        let name = if index == 0 { take_text(&mut rest) } else { name.into() };
        headers.push((name, take_text(&mut rest)));
    }
    headers
}

fn take_integer(rest: &mut &[u8], prefix: u32) -> usize {
    let mask = (1 << prefix) - 1;
    let mut value = usize::from(rest[0]) & mask;
    *rest = &rest[1..];
    let mut shift = 0;
    while value >= mask {
        let byte = rest[0];
        *rest = &rest[1..];
        value += usize::from(byte & 127) << shift;
        shift += 7;
        if byte & 128 == 0 {
            break;
        }
    }
    value
}

fn take_text(rest: &mut &[u8]) -> String {
    assert!(rest[0] & 128 == 0, "C-core has begun to use Huffman codes: {rest:?}");
    let length = take_integer(rest, 7);
    let (text, after) = rest.split_at(length);
    *rest = after;
    String::from_utf8_lossy(text).into_owned()
}

/// The entries of the static table that a gRPC server has a use for.
fn static_entry(index: usize) -> (&'static str, &'static str) {
    match index {
        8 => (":status", "200"),
        12 => (":status", "400"),
        13 => (":status", "404"),
        14 => (":status", "500"),
        9..=11 => (":status", ""),
        31 => ("content-type", ""),
        16 => ("accept-encoding", "gzip, deflate"),
        _ => ("", ""),
    }
}
