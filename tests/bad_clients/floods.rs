//! Too much of something, in bounded amounts.

use super::*;
use crate::support::process::{Process, start_server};

fn server() -> (Process, String) {
    start_server(&["--listen", "127.0.0.1:0", "-q", "-q"])
}

/// Whatever became of the flooded connection, a new one is as good as ever.
fn still_answers(address: &str) {
    good(&mut Connection::open(address), 1);
}

#[test]
fn streams_that_are_opened_and_reset() {
    let (_server, address) = server();
    let mut connection = Connection::open(&address);
    for n in 0..3000 {
        connection.headers(1 + 2 * n, &call(UPLOAD, &[]), 0);
        connection.frame(RST_STREAM, 0, 1 + 2 * n, &[0, 0, 0, 8]);
    }
    still_answers(&address);
}

#[test]
fn headers_without_end() {
    let (_server, address) = server();
    let mut connection = Connection::open(&address);
    connection.frame(HEADERS, 0, 1, &[]);
    for _ in 0..4000 {
        let block = crate::support::raw::block(&[("x-more", &[b'x'; 100])]);
        if !connection.frame(CONTINUATION, 0, 1, &block) {
            break;
        }
    }
    still_answers(&address);
}

#[test]
fn pings_settings_and_window_updates() {
    let (_server, address) = server();
    for piece in [
        frame(PING, 0, 0, &[1; 8]),
        frame(SETTINGS, 0, 0, &[]),
        frame(8, 0, 0, &[0, 0, 0, 1]),
        frame(DATA, 0, 0, &[]),
    ] {
        let mut connection = Connection::open(&address);
        for _ in 0..3000 {
            if !connection.raw(&piece) {
                break;
            }
        }
        still_answers(&address);
    }
}

#[test]
fn a_message_in_frames_of_one_byte() {
    let (_server, address) = server();
    let mut connection = Connection::open(&address);
    connection.headers(1, &call(HELLO, &[]), 0);
    let message = prefixed(&encoded(&"x".repeat(5_000)));
    for byte in &message {
        connection.frame(DATA, 0, 1, &[*byte]);
    }
    connection.frame(DATA, END_STREAM, 1, &[]);
    let [seen] = connection.finish([1]);
    assert_good(&seen);
    still_answers(&address);
}

#[test]
fn many_messages_in_one_frame() {
    let (_server, address) = server();
    let mut connection = Connection::open(&address);
    connection.headers(1, &call(UPLOAD, &[]), 0);
    let messages = prefixed(&encoded("x")).repeat(1000);
    connection.frame(DATA, END_STREAM, 1, &messages);
    let [seen] = connection.finish([1]);
    assert_good(&seen);
    let reply = Message::parse_from_bytes(&seen.data[5..]).unwrap();
    assert!(reply.content.ends_with("Got 1000 messages."), "{reply:?}");
}
