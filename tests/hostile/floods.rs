//! Too much of something, in bounded amounts. The bundled core limits few floods, so what is
//! held here is that they pass: the server lives, keeps nothing, and serves the next client.

use super::child::Child;
use super::{HELLO, UPLOAD, answers, assert_good, encoded, reply, serve_probe};
use crate::support::http2::{
    CANCEL, CONTINUATION, Connection, DATA, END_HEADERS, END_STREAM, HEADERS, PING, RST_STREAM,
    SETTINGS, WINDOW_UPDATE, block, call, frame, prefixed,
};

/// A flood: what comes first, and then each piece.
type Flood = (&'static str, Vec<u8>, usize, fn(u32) -> Vec<u8>);

fn floods() -> Vec<Flood> {
    let upload = frame(HEADERS, END_HEADERS, 1, &block(&call(UPLOAD, &[])));
    vec![
        ("streams opened and reset", vec![], 3_000, opened_and_reset),
        ("headers without end", frame(HEADERS, 0, 1, &[]), 4_000, |_| {
            frame(CONTINUATION, 0, 1, &block(&[("x-more", &[b'x'; 100])]))
        }),
        ("headers without contents", frame(HEADERS, 0, 1, &[]), 4_000, |_| {
            frame(CONTINUATION, 0, 1, &[])
        }),
        ("pings", vec![], 3_000, |_| frame(PING, 0, 0, &[0xee; 8])),
        ("settings", vec![], 3_000, |_| frame(SETTINGS, 0, 0, &[])),
        ("windows", vec![], 3_000, |_| frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        ("DATA without contents", upload.clone(), 3_000, |_| frame(DATA, 0, 1, &[])),
        ("DATA of one byte", upload, 3_000, |_| frame(DATA, 0, 1, &[0])),
        ("an unknown kind", vec![], 3_000, |_| frame(0xbe, 0, 0, b"what?")),
    ]
}

fn opened_and_reset(n: u32) -> Vec<u8> {
    let stream = 1 + 2 * n;
    let opened = frame(HEADERS, END_HEADERS, stream, &block(&call(UPLOAD, &[])));
    [opened, frame(RST_STREAM, 0, stream, &CANCEL)].concat()
}

/// Sends a flood, by a client that keeps to the settings or by one that never reads them.
fn flood(address: &str, (name, first, count, piece): &Flood, acknowledge: bool) {
    let mut connection = Connection::open(address);
    if acknowledge {
        connection.first_settings();
    }
    connection.raw(first);
    for n in 0..*count {
        if !connection.raw(&piece(n as u32)) {
            break;
        }
    }
    // Lives on or is closed, but does not hang.
    connection.round_trip();
    answers(&mut Connection::open(address), 1, name);
}

#[test]
fn floods_leave_a_server_that_answers_and_no_memory_behind() {
    let child = Child::start();
    let floods = floods();
    child.keeps_nothing(|address| {
        for each in &floods {
            flood(address, each, true);
            flood(address, each, false);
        }
    });
}

#[test]
fn pings_without_a_call_are_refused() {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    let lives = (0..20).all(|_| connection.round_trip() && !connection.going_away());
    assert!(!lives, "expected a GOAWAY or a close within 20 pings");
    answers(&mut Connection::open(&served.target), 1, "pings");
}

#[test]
fn a_message_in_frames_of_one_byte() {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    connection.headers(1, &call(HELLO, &[]), 0);
    let message = prefixed(&encoded(&"x".repeat(5_000)));
    for (n, byte) in message.iter().enumerate() {
        // The end comes with the last byte: a whole message may be answered before its end, and
        // the stream is then reset, with no error.
        let flags = if n + 1 == message.len() { END_STREAM } else { 0 };
        connection.frame(DATA, flags, 1, &[*byte]);
    }
    let [seen] = connection.finish([1]);
    assert_good(&seen, "frames of one byte");
    assert_eq!(reply(&seen).content.len(), 5_000, "what the probe echoes");
}

#[test]
fn many_messages_in_one_frame() {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    connection.headers(1, &call(UPLOAD, &[]), 0);
    connection.frame(DATA, END_STREAM, 1, &prefixed(&encoded("x")).repeat(1000));
    let [seen] = connection.finish([1]);
    assert_good(&seen, "many messages in one frame");
    assert_eq!(reply(&seen).content, "1000", "what the probe counts");
}
