//! Bad calls and bad connections, one after the other, again and again.

use std::fs;

use super::*;
use crate::support::process::start_server;
use crate::support::raw::{Header, PREFACE};

/// A call with something wrong in its headers, and the status that C-core is known to give.
/// None: a reset, a refusal, or even an answer will do.
const BAD_HEADERS: &[(&str, Header<'static>, Option<u32>)] = &[
    ("a method that is not there", (":path", b"/chat.ChatService/Nothing"), Some(12)),
    ("a service that is not there", (":path", b"/no.Service/SayHello"), Some(12)),
    ("a path without a slash", (":path", b"SayHello"), Some(12)),
    ("an image", ("content-type", b"image/jpeg"), None),
    ("gRPC-Web", ("content-type", b"application/grpc-web"), None),
    ("no content type", ("content-type", b""), None),
    ("another codec", ("content-type", b"application/grpc+x"), None),
    ("parameters", ("content-type", b"application/grpc;x"), None),
    ("no te", ("te", b""), None),
    ("a wrong te", ("te", b"frobnicate"), None),
    ("GET", (":method", b"GET"), None),
    ("PUT", (":method", b"PUT"), None),
    ("DELETE", (":method", b"DELETE"), None),
    ("an upper-case name", ("X-Upper", b"x"), None),
    ("a connection header", ("connection", b"keep-alive"), None),
    ("a reserved name", ("grpc-foo", b"x"), None),
    ("a value that is not ASCII", ("x-text", b"\xc3\xa4"), None),
    ("base64 that is none", ("x-blob-bin", b"***"), None),
    ("two blobs in one", ("x-blob-bin", b"qw,rA"), None),
    ("an unknown encoding", ("grpc-encoding", b"foo"), None),
    ("an unknown accepted encoding", ("grpc-accept-encoding", b"foo,,bar"), None),
    ("a timeout in words", ("grpc-timeout", b"15 seconds"), None),
    ("a timeout without a unit", ("grpc-timeout", b"15"), None),
    ("a negative timeout", ("grpc-timeout", b"-1S"), None),
    ("an endless timeout", ("grpc-timeout", b"99999999999999999999H"), None),
    ("a path of control characters", (":path", b"\x00\x01\x7f"), None),
    ("a path of 10 KB", (":path", &[b'/'; 10_000]), None),
    ("metadata of 20 KB", ("x-long", &[b'x'; 20_000]), None),
];

/// What comes instead of the one good message. None: any end will do.
const BAD_MESSAGES: &[(&str, &[u8], Option<u32>)] = &[
    ("no message", b"", None),
    ("half a prefix", b"\0\0", None),
    ("half a message", b"\0\0\0\0\x09abc", None),
    ("an unknown flag", b"\x02\0\0\0\x01x", None),
    ("compressed without an encoding", b"\x01\0\0\0\x01x", None),
    ("not protobuf", b"\0\0\0\0\x03\x0a\x7fx", Some(13)),
    ("invalid UTF-8", b"\0\0\0\0\x04\x0a\x02\xff\xfe", Some(13)),
    ("deeply nested groups", &[0x0b; 4_000], None),
    ("longer than allowed", b"\0\x7f\xff\xff\xff", None),
];

/// What ends a whole connection, or should.
const BAD_CONNECTIONS: &[(&str, &[u8])] = &[
    ("HTTP/1", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    ("half a preface", b"PRI * HTTP/2.0\r\n\r\nS"),
    (
        "a preface and noise",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ),
    ("nothing", b""),
];

/// Frames that are wrong by themselves, after a good preface.
fn bad_frames() -> Vec<(&'static str, Vec<u8>)> {
    let good = crate::support::raw::block(&call(HELLO, &[]));
    vec![
        ("DATA on stream 0", frame(DATA, 0, 0, b"x")),
        ("DATA on an idle stream", frame(DATA, 0, 9, b"x")),
        ("HEADERS on stream 0", frame(HEADERS, END_HEADERS, 0, &good)),
        ("HEADERS on an even stream", frame(HEADERS, END_HEADERS, 2, &good)),
        ("HEADERS that are no HPACK", frame(HEADERS, END_HEADERS, 1, &[0xff; 40])),
        ("an index beyond the table", frame(HEADERS, END_HEADERS, 1, &[0xff, 0x80, 0x01])),
        (
            "a text longer than its frame",
            frame(HEADERS, END_HEADERS, 1, &[0, 0x7f, 0xff, 0x7f, b'x']),
        ),
        ("CONTINUATION from nowhere", frame(CONTINUATION, END_HEADERS, 1, &good)),
        ("SETTINGS with half an entry", frame(SETTINGS, 0, 0, &[0, 1, 0])),
        ("SETTINGS of a stream", frame(SETTINGS, 0, 1, &[])),
        ("SETTINGS ACK with contents", frame(SETTINGS, ACK, 0, &[0; 6])),
        ("a window of 2^31", frame(SETTINGS, 0, 0, &[0, 4, 0x80, 0, 0, 0])),
        ("a frame size of 1", frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1])),
        ("PING of 7 bytes", frame(PING, 0, 0, &[0; 7])),
        ("RST_STREAM of an idle stream", frame(RST_STREAM, 0, 5, &[0, 0, 0, 8])),
        ("WINDOW_UPDATE by 0", frame(8, 0, 0, &[0; 4])),
        ("WINDOW_UPDATE past the end", frame(8, 0, 0, &[0x7f, 0xff, 0xff, 0xff])),
        ("GOAWAY of half a header", frame(7, 0, 0, &[0; 4])),
        ("PUSH_PROMISE from a client", frame(5, END_HEADERS, 1, &good)),
        ("an unknown kind", frame(0xbe, 0, 0, b"what?")),
        ("a frame of 16 MB, announced", vec![0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]),
    ]
}

/// Plays everything once, and after each piece makes a good call on a connection of its own.
fn play(address: &str) {
    for (what, header, status) in BAD_HEADERS {
        let mut connection = Connection::open(address);
        connection.headers(1, &call(HELLO, &[*header]), 0);
        connection.message(1, &encoded("x"), END_STREAM);
        let [seen] = connection.finish([1]);
        check(what, &seen, *status);
        answers(address, what);
    }
    for (what, bytes, status) in BAD_MESSAGES {
        let mut connection = Connection::open(address);
        connection.headers(1, &call(HELLO, &[]), 0);
        connection.frame(DATA, END_STREAM, 1, bytes);
        let [seen] = connection.finish([1]);
        check(what, &seen, *status);
        answers(address, what);
    }
    for (what, bytes) in BAD_CONNECTIONS {
        let mut connection = Connection::open_silent(address);
        connection.raw(bytes);
        drop(connection);
        answers(address, what);
    }
    for (what, bytes) in bad_frames() {
        let mut connection = Connection::open(address);
        connection.raw(&bytes);
        // A call right behind it: answered, or the connection is closed; both are right.
        hello(&mut connection, 1, "behind");
        drop(connection);
        answers(address, what);
    }
    for length in 1..PREFACE.len() {
        Connection::open_silent(address).raw(&PREFACE[..length]);
    }
    answers(address, "every truncation of the preface");
}

fn check(what: &str, seen: &Seen, status: Option<u32>) {
    if status.is_some() {
        assert_eq!(seen.grpc_status(), status, "{what}: {seen:?}");
        assert_eq!(seen.ends, 1, "{what}: {seen:?}");
    }
    assert!(seen.ends > 0 || !seen.resets.is_empty() || seen.closed, "{what}: {seen:?}");
}

fn answers(address: &str, after: &str) {
    let mut connection = Connection::open(address);
    hello(&mut connection, 1, "good");
    let [seen] = connection.finish([1]);
    assert_eq!(seen.grpc_status(), Some(0), "the next good call after `{after}`: {seen:?}");
}

#[test]
fn bad_clients_leave_a_server_that_answers_and_no_memory_behind() {
    let (server, address) = start_server(&["--listen", "127.0.0.1:0", "-q", "-q"]);
    let resident = || {
        let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<i64>().unwrap()
    };
    play(&address);
    let after_first = resident();
    for _ in 0..5 {
        play(&address);
    }
    let grown = resident() - after_first;
    assert!(grown < 20_000, "five more rounds cost {grown} KB");
}
