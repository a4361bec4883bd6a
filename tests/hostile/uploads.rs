//! Uploads that are cut: a handler must not take one for whole.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use quartet::rpc::Code;

use super::{BROADCAST, CHAT, HELLO, UPLOAD, answers, assert_good, encoded, reply, serve_probe};
use crate::support::core_is_ours;
use crate::support::http2::{
    CANCEL, Connection, DATA, END_STREAM, PADDED, RST_STREAM, call, prefixed,
};
use crate::support::probe::Event;

const ROUNDS: usize = 20;

/// An upload of which two messages are there, and nothing more.
fn begin(address: &str) -> Connection {
    let mut connection = Connection::open(address);
    connection.headers(1, &call(UPLOAD, &[]), 0);
    connection.message(1, &encoded("one"), 0);
    connection.message(1, &encoded("two"), 0);
    answers(&mut connection, 3, "two messages of an upload");
    connection
}

/// What the handlers of this many uploads made of them.
fn results(events: &Receiver<Event>, uploads: usize) -> Vec<Result<usize, Code>> {
    let mut results = Vec::new();
    let mut over = 0;
    while over < uploads {
        match events.recv_timeout(Duration::from_secs(10)).expect("every handler ends") {
            Event::Upload(result) => results.push(result),
            Event::Over { method: "UploadStream", .. } => over += 1,
            _ => {}
        }
    }
    results
}

#[test]
fn a_cut_upload_is_never_finished() {
    let (served, events) = serve_probe();
    for _ in 0..ROUNDS {
        begin(&served.target).frame(RST_STREAM, 0, 1, &CANCEL);
    }
    for _ in 0..ROUNDS {
        drop(begin(&served.target));
    }
    for result in results(&events, 2 * ROUNDS) {
        assert_eq!(result, Err(Code::Cancelled), "a cut upload");
    }
    answers(&mut Connection::open(&served.target), 1, "cut uploads");
}

/// What is whole before the end is delivered, and then an error: gRPC's streams are never cut in
/// silence.
#[test]
fn an_upload_that_ends_within_a_message_is_an_error() {
    if !core_is_ours() {
        return;
    }
    let (served, events) = serve_probe();
    for part in [&b"\0"[..], b"\0\0\0\0", b"\0\0\0\0\x09abc", b"\x01\0\0\0\x09abc"] {
        let mut connection = begin(&served.target);
        connection.frame(DATA, END_STREAM, 1, part);
        let [seen] = connection.finish([1]);
        assert_eq!(seen.grpc_status(), Some(13), "{part:?}: {seen:?}");
        assert!(seen.ended_once(), "{part:?}: {seen:?}");
        assert_eq!(results(&events, 1), [Err(Code::Internal)], "{part:?}");
        answers(&mut connection, 5, "an upload that ends within a message");
    }
}

#[test]
fn a_message_with_an_unknown_flag_is_an_error_and_nothing_is_made_up() {
    if !core_is_ours() {
        return;
    }
    let (served, events) = serve_probe();
    for flag in [2, 9, 0x80, 0xff] {
        let mut connection = begin(&served.target);
        let mut wrong = prefixed(&encoded("three"));
        wrong[0] = flag;
        connection.frame(DATA, 0, 1, &wrong);
        connection.message(1, &encoded("four"), END_STREAM);
        let [seen] = connection.finish([1]);
        assert_eq!(seen.grpc_status(), Some(13), "{flag}: {seen:?}");
        assert_eq!(results(&events, 1), [Err(Code::Internal)], "{flag}");
        answers(&mut connection, 5, "an upload with an unknown flag");
    }
}

/// C-core takes no padding, and ends the stream: but not as if it were complete.
#[test]
fn an_upload_with_padding_is_an_error() {
    if !core_is_ours() {
        return;
    }
    let (served, events) = serve_probe();
    let mut connection = begin(&served.target);
    let padded = [&[3], &prefixed(&encoded("three"))[..], &[0; 3]].concat();
    connection.frame(DATA, PADDED, 1, &padded);
    assert_eq!(results(&events, 1), [Err(Code::Internal)], "an upload with padding");
    answers(&mut connection, 5, "an upload with padding");
}

/// Frames may be cut anywhere, and empty ones may stand anywhere (RFC 9113, 6.1).
#[test]
fn a_message_is_whole_however_its_frames_are_cut() {
    let (served, events) = serve_probe();
    let message = prefixed(&encoded("hello world, this is a message of some length"));
    let two = message.repeat(2);
    for cut in 0..=two.len() {
        let mut connection = Connection::open(&served.target);
        connection.headers(1, &call(UPLOAD, &[]), 0);
        for part in [&two[..cut], b"", b"", &two[cut..], b""] {
            connection.frame(DATA, 0, 1, part);
        }
        connection.frame(DATA, END_STREAM, 1, b"");
        connection.headers(3, &call(HELLO, &[]), 0);
        for part in [&message[..cut.min(message.len())], b"", &message[cut.min(message.len())..]] {
            connection.frame(DATA, 0, 3, part);
        }
        connection.frame(DATA, END_STREAM, 3, b"");
        let [upload, hello] = connection.finish([1, 3]);
        assert_good(&upload, &format!("an upload cut at {cut}"));
        assert_eq!(reply(&upload).content, "2", "an upload cut at {cut}");
        assert_eq!(reply(&hello).content, "hello world, this is a message of some length", "{cut}");
    }
    let results = results(&events, two.len() + 1);
    assert!(results.iter().all(|result| *result == Ok(2)), "{results:?}");
}

/// What C-core rejects by a header is reset, and that is all: no status comes after it.
#[test]
fn a_stream_that_was_reset_is_not_ended_again() {
    let (served, _events) = serve_probe();
    for path in [HELLO, BROADCAST, UPLOAD, CHAT] {
        for _ in 0..ROUNDS {
            let mut connection = Connection::open(&served.target);
            connection.headers(1, &call(path, &[(":what", b"x")]), 0);
            connection.message(1, &encoded("x"), END_STREAM);
            let [seen] = connection.finish([1]);
            assert!(seen.ended_once(), "{path}: {seen:?}");
        }
    }
}
