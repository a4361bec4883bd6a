//! Clients that break the rules, byte by byte: no crash, no lost thread, no innocent call
//! harmed, no memory kept. After C-core's own bad clients (test/core/bad_client).

mod bystanders;
mod cases;
mod child;
mod corpus;
mod deadlines;
mod floods;
mod header_table;
mod servers;
mod stream_ends;
mod stuck;
mod unfinished;
mod uploads;

use std::sync::mpsc::Receiver;
use std::time::Duration;

use chat::{Chat, Message, message};
use protobuf::Message as _;

use crate::support::http2::{Connection, END_STREAM, Seen, call};
use crate::support::probe::{Event, probe};
use crate::support::{Served, serve};

const HELLO: &str = "/chat.ChatService/SayHello";
const BROADCAST: &str = "/chat.ChatService/BroadcastMessages";
const UPLOAD: &str = "/chat.ChatService/UploadStream";
const CHAT: &str = "/chat.ChatService/ChatStream";

fn encoded(content: &str) -> Vec<u8> {
    message("raw", content).write_to_bytes().expect("a message that can be encoded")
}

fn serve_probe() -> (Served, Receiver<Event>) {
    let (probe, events) = probe();
    (serve(probe), events)
}

/// Starts a unary call and sends its whole request.
fn hello(connection: &mut Connection, stream: u32, content: &str) {
    connection.headers(stream, &call(HELLO, &[]), 0);
    connection.message(stream, &encoded(content), END_STREAM);
}

/// A good call on this connection is answered as it should be; `after` says what came before.
#[track_caller]
fn answers(connection: &mut Connection, stream: u32, after: &str) {
    hello(connection, stream, "be fine");
    let [seen] = connection.finish([stream]);
    assert_good(&seen, &format!("the next good call after `{after}`"));
    assert!(!reply(&seen).user.is_empty(), "after `{after}`: {seen:?}");
}

#[track_caller]
fn assert_good(seen: &Seen, what: &str) {
    let status = (seen.header(":status"), seen.grpc_status());
    assert_eq!(status, (Some("200"), Some(0)), "{what}: {seen:?}");
    assert!(seen.ended_once() && seen.resets.is_empty(), "{what}: {seen:?}");
}

/// The one message of a reply.
#[track_caller]
fn reply(seen: &Seen) -> Message {
    let message = seen.data.get(5..).unwrap_or_else(|| panic!("expected a message: {seen:?}"));
    Message::parse_from_bytes(message)
        .unwrap_or_else(|error| panic!("expected one message: {error}: {seen:?}"))
}

#[test]
fn the_raw_client_speaks_to_every_style() {
    let served = serve(Chat::default().pace(Duration::ZERO));
    let mut connection = Connection::open(&served.target);
    answers(&mut connection, 1, "nothing");
    connection.headers(3, &call(BROADCAST, &[]), 0);
    connection.message(3, &encoded(""), END_STREAM);
    for (stream, path) in [(5, UPLOAD), (7, CHAT)] {
        connection.headers(stream, &call(path, &[]), 0);
        connection.message(stream, &encoded("one"), 0);
        connection.message(stream, &encoded("two"), END_STREAM);
    }
    let [broadcast, upload, chat] = connection.finish([3, 5, 7]);
    for (seen, path) in [(&broadcast, BROADCAST), (&upload, UPLOAD), (&chat, CHAT)] {
        assert_good(seen, path);
        assert!(!seen.data.is_empty(), "{path}: {seen:?}");
    }
    assert!(reply(&upload).content.ends_with("Got 2 messages."), "{upload:?}");
}
