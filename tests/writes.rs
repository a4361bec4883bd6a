//! What belongs together leaves in one write: seen by a peer that reads the socket.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use chat::message;
use futures::SinkExt;
use protobuf::Message as _;

use crate::support::http2::{
    Connection, DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, block, call, frame,
    prefixed,
};
use crate::support::process::start_server;
use crate::support::{client, run};

/// How often, as two writes may arrive together by chance.
const ROUNDS: usize = 20;

#[test]
fn a_client_half_closes_with_its_last_message() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let client = client(&listener.local_addr().expect("it listens").to_string());
    let (mut sender, _reply) = client.upload_stream(()).unwrap();
    let first = thread::spawn(move || {
        run(sender.send(message("", "first"))).unwrap();
        sender
    });
    let mut connection = Connection::accept(&listener);
    connection.first_settings();
    assert_eq!(next_data(&mut connection), (0, encoded("first")));
    assert!(connection.round_trip(), "the client stays");

    let mut sender = first.join().unwrap();
    run(async {
        sender.feed(message("", "last")).await.unwrap();
        sender.close().await;
    });
    assert_eq!(next_data(&mut connection), (END_STREAM, encoded("last")));
}

/// The next DATA frame: its flags, and what is in it.
fn next_data(connection: &mut Connection) -> (u8, Vec<u8>) {
    loop {
        let frame = connection.next().expect("the client stays");
        if frame.kind == DATA {
            return (frame.flags, frame.payload);
        }
    }
}

fn encoded(content: &str) -> Vec<u8> {
    prefixed(&message("", content).write_to_bytes().unwrap())
}

// The servers are processes of their own, as in this one the threads of other tests work on the
// connections, too.

#[test]
fn headers_leave_with_the_answer_to_a_message_that_came_along_with_the_call() {
    let (_server, target) = start_server(&["--listen", "127.0.0.1:0"]);
    for _ in 0..ROUNDS {
        let frames = frames_until_headers(&target, "/chat.ChatService/ChatStream", 1);
        assert!(frames.contains(&DATA), "expected headers and message, saw {frames:?}");
    }
}

#[test]
fn the_last_message_of_a_stream_leaves_with_the_status() {
    let (_server, target) = start_server(&["--listen", "127.0.0.1:0", "--pace", "0s"]);
    for _ in 0..ROUNDS {
        let frames = frames_until_headers(&target, "/chat.ChatService/BroadcastMessages", 2);
        assert!(frames.contains(&DATA), "expected message and status, saw {frames:?}");
    }
}

/// Makes a call with one message in one write. The kinds of the frames that are read at once, for
/// the `nth` HEADERS frame of the answer (headers, then trailers).
fn frames_until_headers(target: &str, path: &str, nth: usize) -> Vec<u8> {
    let mut socket = TcpStream::connect(target).expect("the server takes a connection");
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let all = [
        PREFACE,
        &frame(SETTINGS, 0, 0, &[]),
        &frame(HEADERS, END_HEADERS, 1, &block(&call(path, &[]))),
        &frame(DATA, END_STREAM, 1, &encoded("hello")),
    ];
    socket.write_all(&all.concat()).unwrap();
    let (mut seen, mut bytes) = (0, [0; 16 << 10]);
    loop {
        let length = socket.read(&mut bytes).expect("the server answers");
        assert_ne!(length, 0, "the server closed the connection");
        let frames = kinds(&bytes[..length]);
        seen += frames.iter().filter(|kind| **kind == HEADERS).count();
        if seen >= nth {
            return frames;
        }
    }
}

fn kinds(mut bytes: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = bytes {
        kinds.push(*kind);
        bytes = &rest[u32::from_be_bytes([0, *a, *b, *c]) as usize..];
    }
    kinds
}
