//! One connection: reads what the client sends, and answers by the script.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

use super::frame::{self, Frame, PREFACE};
use super::log::Log;
use super::script::{End, Part, Script, Seen};

/// The window of a connection, and of a stream until the client says otherwise.
const WINDOW: i64 = 65_535;

const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_CONCURRENT_STREAMS: u16 = 3;

/// What all connections of a server share.
pub struct Shared<'a> {
    /// What to do.
    pub script: &'a Script,
    /// The answer's message.
    pub message: &'a [u8],
    /// Whether GOAWAY was sent on any of them.
    pub goaway: &'a AtomicBool,
    /// Where it is written down.
    pub log: &'a Log,
}

/// A connection, and what was seen on it.
pub struct Connection<'a> {
    shared: &'a Shared<'a>,
    number: usize,
    socket: &'a TcpStream,
    seen: Seen,
    streams: BTreeMap<u32, Stream>,
    window: i64,
    stream_window: i64,
    last_answered: u32,
    gone_away: bool,
}

/// A call.
struct Stream {
    window: i64,
    request: usize,
    answering: bool,
    headers_sent: bool,
    sent: usize,
}

impl<'a> Connection<'a> {
    pub fn new(shared: &'a Shared<'a>, number: usize, socket: &'a TcpStream) -> Self {
        Self {
            shared,
            number,
            socket,
            seen: Seen::default(),
            streams: BTreeMap::new(),
            window: WINDOW,
            stream_window: WINDOW,
            last_answered: 0,
            gone_away: false,
        }
    }

    /// Serves until the client closes the connection.
    pub fn serve(mut self) -> Seen {
        if let Err(error) = self.run() {
            self.note(&format!("broken: {error}"));
            self.seen.broken = Some(error.to_string());
        }
        self.note("closed");
        self.seen
    }

    fn run(&mut self) -> io::Result<()> {
        let mut reader = BufReader::new(self.socket);
        let mut preface = [0; PREFACE.len()];
        if reader.by_ref().take(1).read(&mut preface)? == 0 {
            return Ok(()); // somebody who looks whether anybody is here
        }
        reader.read_exact(&mut preface[1..])?;
        if preface != PREFACE {
            return Err(io::Error::other("not HTTP/2"));
        }
        let max_streams = self.shared.script.max_streams;
        let settings: Vec<_> =
            max_streams.map(|it| (MAX_CONCURRENT_STREAMS, it)).into_iter().collect();
        self.send(&frame::settings(&settings))?;
        while let Some(frame) = Frame::read(&mut reader)? {
            self.take(&frame)?;
            self.answer()?;
        }
        Ok(())
    }

    fn take(&mut self, frame: &Frame) -> io::Result<()> {
        match frame.kind {
            frame::HEADERS => self.begin(frame),
            frame::DATA => self.take_data(frame)?,
            frame::SETTINGS if !frame.has(frame::ACK) => self.take_settings(frame)?,
            frame::PING if frame.has(frame::ACK) => self.take_acknowledgement(frame),
            frame::PING => {
                self.send(&Frame { flags: frame::ACK, ..frame.clone() })?;
            }
            frame::WINDOW_UPDATE => self.take_window(frame.stream, frame.number(0).into()),
            frame::RST_STREAM => {
                self.note(&format!(
                    "stream {}: reset by the client, {}",
                    frame.stream,
                    frame.number(0)
                ));
                self.streams.remove(&frame.stream);
            }
            frame::GOAWAY => self.note("GOAWAY from the client"),
            _ => {}
        }
        let ends =
            matches!(frame.kind, frame::HEADERS | frame::DATA) && frame.has(frame::END_STREAM);
        match self.streams.get_mut(&frame.stream) {
            Some(stream) if ends => {
                stream.answering = true;
                let request = stream.request;
                self.note(&format!("stream {}: request of {request} bytes", frame.stream));
                self.ping()
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, frame: &Frame) {
        self.seen.calls += 1;
        if self.gone_away {
            self.seen.late += 1;
            self.note(&format!("stream {}: begun after GOAWAY", frame.stream));
            return;
        }
        let window = self.stream_window;
        let stream = Stream { window, request: 0, answering: false, headers_sent: false, sent: 0 };
        self.streams.insert(frame.stream, stream);
        self.seen.at_once = self.seen.at_once.max(self.streams.len());
        self.note(&format!("stream {}: begun, {} open", frame.stream, self.streams.len()));
    }

    /// Gives back at once what the client has used of the windows.
    fn take_data(&mut self, frame: &Frame) -> io::Result<()> {
        let length = frame.payload.len();
        if length == 0 {
            return Ok(());
        }
        self.send(&frame::window_update(0, length))?;
        if let Some(stream) = self.streams.get_mut(&frame.stream) {
            stream.request += length;
            if !frame.has(frame::END_STREAM) {
                self.send(&frame::window_update(frame.stream, length))?;
            }
        }
        Ok(())
    }

    fn take_settings(&mut self, frame: &Frame) -> io::Result<()> {
        for setting in frame.payload.chunks_exact(6) {
            let id = u16::from_be_bytes([setting[0], setting[1]]);
            let value = u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]);
            if id == INITIAL_WINDOW_SIZE {
                let change = i64::from(value) - self.stream_window;
                self.stream_window = value.into();
                self.streams.values_mut().for_each(|stream| stream.window += change);
            }
        }
        self.send(&Frame::new(frame::SETTINGS, frame::ACK, 0, []))
    }

    fn take_window(&mut self, stream: u32, increment: i64) {
        if stream == 0 {
            self.window += increment;
        } else if let Some(stream) = self.streams.get_mut(&stream) {
            stream.window += increment;
        }
    }

    /// They come back in order, each with its number.
    fn take_acknowledgement(&mut self, frame: &Frame) {
        let expected = (self.seen.acknowledged as u64).to_be_bytes();
        if self.seen.acknowledged < self.seen.pings && frame.payload == expected {
            self.seen.acknowledged += 1;
        } else {
            self.note(&format!("PING acknowledged with {:?}", frame.payload));
        }
    }

    /// Answers all calls as far as the windows allow.
    fn answer(&mut self) -> io::Result<()> {
        let ready = self.streams.iter().filter(|(_, stream)| stream.answering);
        for id in ready.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(mut stream) = self.streams.remove(&id)
                && !self.answer_one(id, &mut stream)?
            {
                self.streams.insert(id, stream);
            }
        }
        Ok(())
    }

    /// Sends what can be sent, and says whether that was the end.
    fn answer_one(&mut self, id: u32, stream: &mut Stream) -> io::Result<bool> {
        let Script { answer, end, padding, chunk, .. } = *self.shared.script;
        if !stream.headers_sent {
            stream.headers_sent = true;
            self.send(&frame::headers(id))?;
        }
        let message = &self.shared.message[..match answer {
            Part::Headers => 0,
            Part::Half => self.shared.message.len() / 2,
            Part::All => self.shared.message.len(),
        }];
        while stream.sent < message.len() {
            let rest = &message[stream.sent..];
            let content = &rest[..chunk.min(rest.len())];
            let frame = frame::data(id, content, padding);
            let length = frame.payload.len() as i64;
            if length > self.window.min(stream.window) {
                return Ok(false);
            }
            self.ping()?;
            self.send(&frame)?;
            self.window -= length;
            stream.window -= length;
            stream.sent += content.len();
        }
        if self.seen.acknowledged < self.seen.pings {
            return Ok(false);
        }
        self.seen.answers += 1;
        self.last_answered = id;
        match end {
            End::Status => self.send(&frame::trailers(id))?,
            End::Reset => self.send(&frame::reset(id))?,
        }
        self.note(&format!("stream {id}: {} bytes of the answer, {end:?}", stream.sent));
        self.go_away()?;
        Ok(true)
    }

    fn go_away(&mut self) -> io::Result<()> {
        let Shared { script, goaway, .. } = self.shared;
        if script.goaway && !goaway.swap(true, Ordering::SeqCst) {
            self.gone_away = true;
            self.note("GOAWAY");
            self.send(&frame::goaway(self.last_answered))?;
        }
        Ok(())
    }

    fn ping(&mut self) -> io::Result<()> {
        if self.shared.script.pings {
            self.send(&frame::ping(self.seen.pings as u64))?;
            self.seen.pings += 1;
        }
        Ok(())
    }

    fn send(&mut self, frame: &Frame) -> io::Result<()> {
        let mut bytes = Vec::new();
        frame.write(&mut bytes)?;
        (&mut &*self.socket).write_all(&bytes)
    }

    fn note(&self, line: &str) {
        self.shared.log.write(&format!("connection {}: {line}", self.number));
    }
}
