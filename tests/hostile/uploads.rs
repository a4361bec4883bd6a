//! Uploads that are cut: a handler must not take one for whole.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use quartet::rpc::Code;

use super::{UPLOAD, answers, encoded, serve_probe};
use crate::support::http2::{CANCEL, Connection, DATA, END_STREAM, RST_STREAM, call};
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

/// C-core drops what comes of a third message, and ends the stream as if it had not begun; the
/// layer does not get to see it. A core that finds out is welcome.
#[test]
fn an_upload_that_ends_within_a_message() {
    let (served, events) = serve_probe();
    for part in [&b"\0\0"[..], b"\0\0\0\0\x09abc"] {
        let mut connection = begin(&served.target);
        connection.frame(DATA, END_STREAM, 1, part);
        let [seen] = connection.finish([1]);
        assert!(seen.ended_once(), "{part:?}: {seen:?}");
        let results = results(&events, 1);
        assert!(!results.contains(&Ok(3)), "{part:?}: taken for a message: {seen:?}");
        answers(&mut connection, 5, "an upload that ends within a message");
    }
}
