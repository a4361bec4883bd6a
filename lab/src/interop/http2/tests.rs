//! The server, met by a client that does what the test wants.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};

use super::frame::{self, Frame};
use super::script::{End, Part, Script, Seen};
use super::*;

struct Client(TcpStream);

impl Client {
    fn with_default_windows(server: &ScriptedServer) -> Self {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket.write_all(frame::PREFACE).unwrap();
        Self(socket)
    }

    /// Grants windows that are large enough for everything.
    fn connect(server: &ScriptedServer) -> Self {
        let mut client = Self::with_default_windows(server);
        client.send(&frame::settings(&[(4, 1 << 24)]));
        client.send(&frame::window_update(0, 1 << 24));
        client
    }

    fn send(&mut self, frame: &Frame) {
        frame.write(&mut self.0).unwrap();
    }

    /// A call whose request is a few bytes.
    fn call(&mut self, stream: u32) {
        self.send(&Frame::new(frame::HEADERS, frame::END_HEADERS, stream, []));
        self.send(&Frame::new(frame::DATA, frame::END_STREAM, stream, *b"hello"));
    }

    /// All frames until one ends this stream.
    fn frames(&mut self, stream: u32) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            let frame = Frame::read(&mut self.0).unwrap().expect("an end of the stream");
            let ends = frame.has(frame::END_STREAM) && frame.kind == frame::HEADERS
                || frame.kind == frame::RST_STREAM;
            let ends = ends && frame.stream == stream;
            frames.push(frame);
            if ends {
                return frames;
            }
        }
    }
}

impl Drop for Client {
    /// What the server hasn't read yet would be lost if there were something unread here.
    fn drop(&mut self) {
        self.0.shutdown(Shutdown::Write).unwrap_or_default();
        while matches!(Frame::read(&mut self.0), Ok(Some(_))) {}
    }
}

fn start(script: &'static Script) -> ScriptedServer {
    ScriptedServer::start(script, Path::new("/dev/null")).unwrap()
}

fn content(frames: &[Frame]) -> Vec<u8> {
    let data = frames.iter().filter(|frame| frame.kind == frame::DATA);
    data.flat_map(|frame| match (frame.has(frame::PADDED), &frame.payload[..]) {
        (true, [padding, rest @ ..]) => rest[..rest.len() - usize::from(*padding)].to_vec(),
        (_, payload) => payload.to_vec(),
    })
    .collect()
}

const ONE: Seen =
    Seen { calls: 1, answers: 1, at_once: 1, late: 0, pings: 0, acknowledged: 0, broken: None };

#[test]
fn a_good_server_sends_the_whole_answer() {
    for script in [&Script::GOOD, &Script { chunk: 64, padding: Some(255), ..Script::GOOD }] {
        let server = start(script);
        let mut client = Client::connect(&server);
        client.call(1);
        assert_eq!(content(&client.frames(1)), script::message());
        drop(client);
        assert_eq!(server.finish(), [ONE]);
    }
}

#[test]
fn a_reset_comes_where_the_script_wants_it() {
    let whole = script::message().len();
    for (script, length) in [
        (&Script { answer: Part::Headers, end: End::Reset, ..Script::GOOD }, 0),
        (&Script { answer: Part::Half, end: End::Reset, ..Script::GOOD }, whole / 2),
        (&Script { end: End::Reset, ..Script::GOOD }, whole),
    ] {
        let server = start(script);
        let mut client = Client::connect(&server);
        client.call(1);
        let frames = client.frames(1);
        assert_eq!(content(&frames).len(), length);
        assert_eq!(frames.last(), Some(&frame::reset(1)));
        drop(client);
        assert_eq!(server.finish(), [ONE]);
    }
}

#[test]
fn a_call_after_goaway_is_seen() {
    let server = start(&Script { goaway: true, ..Script::GOOD });
    let mut client = Client::connect(&server);
    client.call(1);
    client.frames(1);
    assert_eq!(Frame::read(&mut client.0).unwrap(), Some(frame::goaway(1)));
    client.call(3);
    let mut other = Client::connect(&server);
    other.call(1);
    other.frames(1);
    drop((client, other));
    assert_eq!(server.finish(), [Seen { calls: 2, late: 1, ..ONE }, ONE]);
}

#[test]
fn a_ping_must_be_acknowledged_before_the_end() {
    let server = start(&Script { pings: true, ..Script::GOOD });
    let mut client = Client::connect(&server);
    client.call(1);
    let mut pings = 0;
    loop {
        let frame = Frame::read(&mut client.0).unwrap().unwrap();
        match frame.kind {
            frame::PING => {
                pings += 1;
                client.send(&Frame { flags: frame::ACK, ..frame });
            }
            frame::HEADERS if frame.has(frame::END_STREAM) => break,
            _ => {}
        }
    }
    drop(client);
    assert!(pings > 10, "{pings}");
    assert_eq!(server.finish(), [Seen { pings, acknowledged: pings, ..ONE }]);
}

#[test]
fn a_ping_that_is_not_acknowledged_is_seen() {
    let server = start(&Script { pings: true, ..Script::GOOD });
    let mut client = Client::connect(&server);
    client.call(1);
    let frame = std::iter::repeat_with(|| Frame::read(&mut client.0).unwrap().unwrap());
    assert!(frame.take(10).any(|frame| frame.kind == frame::PING));
    drop(client);
    let seen = server.finish();
    assert!(seen[0].pings > 0 && seen[0].acknowledged == 0, "{seen:?}");
}

#[test]
fn streams_that_are_open_at_once_are_counted() {
    let server = start(&Script { max_streams: Some(1), ..Script::GOOD });
    let mut client = Client::connect(&server);
    assert_eq!(Frame::read(&mut client.0).unwrap(), Some(frame::settings(&[(3, 1)])));
    for stream in [1, 3, 5] {
        client.send(&Frame::new(frame::HEADERS, frame::END_HEADERS, stream, []));
    }
    drop(client);
    assert_eq!(server.finish(), [Seen { calls: 3, answers: 0, at_once: 3, ..ONE }]);
}

#[test]
fn an_answer_waits_for_the_windows() {
    let server = start(&Script::GOOD);
    let mut client = Client::with_default_windows(&server);
    client.call(1);
    let mut received = 0;
    while received < 3 * 16_384 {
        let frame = Frame::read(&mut client.0).unwrap().unwrap();
        received += if frame.kind == frame::DATA { frame.payload.len() } else { 0 };
    }
    client.send(&frame::ping(7));
    assert_eq!(
        Frame::read(&mut client.0).unwrap(),
        Some(Frame { flags: frame::ACK, ..frame::ping(7) }),
        "a fourth frame doesn't fit into the window"
    );
    client.send(&frame::window_update(0, 1 << 20));
    client.send(&frame::window_update(1, 1 << 20));
    let rest = content(&client.frames(1)).len();
    assert_eq!(received + rest, script::message().len());
    drop(client);
    server.finish();
}

#[test]
fn a_client_that_only_looks_is_nobody() {
    let server = start(&Script::GOOD);
    drop(TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap());
    assert_eq!(server.finish(), []);
}

#[test]
fn what_is_not_http2_is_a_mistake() {
    let server = start(&Script::GOOD);
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    drop(socket);
    let seen = server.finish();
    assert_eq!(seen[0].broken.as_deref(), Some("not HTTP/2"));
}
