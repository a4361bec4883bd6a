//! Every bad client of `cases`, one after the other, again and again.

use super::cases::{Expected, all};
use super::child::Child;
use super::{HELLO, answers, encoded};
use crate::support::http2::{
    Connection, DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, Seen, block, call,
    frame, prefixed,
};
use crate::support::is_bundled_core;

/// What does not even begin as HTTP/2.
const NO_PREFACE: &[(&str, &[u8])] = &[
    ("HTTP/1", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    ("noise", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
    ("another preface", b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n"),
];

/// Plays one case on a connection of its own, and looks whether that lives on.
fn play(address: &str, name: &str, bytes: &[u8], expected: Expected) {
    let mut connection = Connection::open(address);
    // Acknowledged, or C-core does not hold us to its limits.
    connection.first_settings();
    connection.raw(bytes);
    let lives = connection.round_trip();
    match expected {
        Expected::Closes => return assert!(!lives, "{name}: expected a close, and it lives on"),
        Expected::Either if !lives => return,
        _ => assert!(lives, "{name}: expected {expected:?}, and the connection was closed"),
    }
    if matches!(expected, Expected::Status(_) | Expected::Reset(_) | Expected::Repeated(_)) {
        let [seen] = connection.finish([1]);
        assert_answer(name, expected, &seen);
    }
    answers(&mut connection, 11, name);
}

fn assert_answer(name: &str, expected: Expected, seen: &Seen) {
    let right = match expected {
        Expected::Status(status) => seen.grpc_status() == Some(status) && seen.ended_once(),
        Expected::Reset(code) => seen.resets == [code] && seen.ended_once(),
        Expected::Repeated(status) => seen.grpc_status() == Some(status),
        _ => true,
    };
    assert!(right, "{name}: expected {expected:?}, saw {seen:?}");
}

#[test]
fn bad_clients_leave_a_server_that_answers_and_no_memory_behind() {
    let child = Child::start();
    let cases = all();
    child.keeps_nothing(|address| {
        for (name, bytes, expected) in &cases {
            // On another core only the survival is tested: what it answers is its own affair.
            let expected = if is_bundled_core() { *expected } else { Expected::Either };
            play(address, name, bytes, expected);
            answers(&mut Connection::open(address), 1, name);
        }
    });
}

#[test]
fn what_is_no_http2_is_closed() {
    let child = Child::start();
    child.keeps_nothing(|address| {
        for (name, bytes) in NO_PREFACE {
            let mut connection = Connection::open_silent(address);
            connection.raw(bytes);
            assert!(!connection.round_trip(), "{name}: expected a close");
            answers(&mut Connection::open(address), 1, name);
        }
    });
}

/// Clients that stop at any byte of a good call, and are gone or stay.
#[test]
fn every_truncation_of_a_good_call() {
    let child = Child::start();
    let headers = frame(HEADERS, END_HEADERS, 1, &block(&call(HELLO, &[])));
    let message = frame(DATA, END_STREAM, 1, &prefixed(&encoded("x")));
    let bytes = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &headers, &message].concat();
    child.keeps_nothing(|address| {
        let mut open = Vec::new();
        for length in 0..bytes.len() {
            let mut connection = Connection::open_silent(address);
            connection.raw(&bytes[..length]);
            if length % 2 == 0 {
                open.push(connection);
            }
        }
        answers(&mut Connection::open(address), 1, "every truncation of a good call");
    });
}
