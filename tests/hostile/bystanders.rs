//! C-core alone sends the end of a call that it gives up several times, and a client on the
//! h2 crate then drops the connection, with all that is on it.

use super::{CHAT, HELLO, encoded, serve_probe};
use crate::support::http2::{Connection, END_STREAM, call};

/// Calls that end badly, each among five chats.
fn harm_no_bystander(rounds: u32, status: u32, spoil: impl Fn(&mut Connection, u32)) {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    connection.first_settings();
    for round in 0..rounds {
        let first = 1 + round * 12;
        let chats = [first, first + 2, first + 4, first + 6, first + 8];
        for stream in chats {
            connection.headers(stream, &call(CHAT, &[]), 0);
            connection.message(stream, &encoded("before"), 0);
        }
        let bad = first + 10;
        spoil(&mut connection, bad);
        let [seen] = connection.finish([bad]);
        assert_eq!(seen.grpc_status(), Some(status), "round {round}: {seen:?}");
        for stream in chats {
            connection.message(stream, &encoded("after"), END_STREAM);
        }
        for seen in connection.finish(chats) {
            assert_eq!(seen.grpc_status(), Some(0), "round {round}: {seen:?}");
        }
    }
    let untidy = connection.all_seen().find(|(_, seen)| !seen.ended_once());
    assert!(untidy.is_none(), "ended more than once: {untidy:?}");
}

#[test]
fn a_hundred_expired_deadlines_harm_no_bystander() {
    harm_no_bystander(100, 4, |connection, stream| {
        connection.headers(stream, &call(HELLO, &[("grpc-timeout", b"5m")]), 0);
        connection.message(stream, &encoded("wait for ever"), END_STREAM);
    });
}

#[test]
fn a_hundred_calls_with_too_much_metadata_harm_no_bystander() {
    harm_no_bystander(100, 8, |connection, stream| {
        connection.long_headers(stream, &call(HELLO, &[("x-long", &[b'x'; 17_000])]));
        connection.message(stream, &encoded("wait for ever"), END_STREAM);
    });
}

#[test]
fn messages_that_are_too_long_harm_no_bystander() {
    let long = encoded(&"x".repeat(4 << 20));
    for method in [HELLO, CHAT] {
        harm_no_bystander(10, 8, |connection, stream| {
            connection.headers(stream, &call(method, &[]), 0);
            connection.long_message(stream, &long);
        });
    }
}
