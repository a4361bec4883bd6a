//! However a call ends, its stream is ended once. C-core alone sends the end of a call that
//! it gives up several times; a client on the h2 crate takes that for an attack.

use super::{HELLO, answers, encoded, hello, serve_probe};
use crate::support::http2::{CANCEL, Connection, END_STREAM, RST_STREAM, call};

#[test]
fn the_end_of_a_stream_is_sent_once() {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    for (stream, content, path, timeout, status) in [
        (1, "be fine", HELLO, "10S", 0),
        (3, "fail", HELLO, "10S", 10),
        (5, "panic at once", HELLO, "10S", 13),
        (7, "panic later", HELLO, "10S", 13),
        (9, "wait for ever", HELLO, "50m", 4),
        (11, "an unknown method", "/chat.ChatService/Nothing", "10S", 12),
    ] {
        connection.headers(stream, &call(path, &[("grpc-timeout", timeout.as_bytes())]), 0);
        connection.message(stream, &encoded(content), END_STREAM);
        let [seen] = connection.finish([stream]);
        assert_eq!(seen.grpc_status(), Some(status), "{content}: {seen:?}");
        assert!(!seen.closed, "{content}: {seen:?}");
    }
    hello(&mut connection, 13, "wait for ever");
    connection.frame(RST_STREAM, 0, 13, &CANCEL);
    // What is said too often may come late: behind another answer, or another connection's.
    for stream in 0..20 {
        answers(&mut connection, 15 + 2 * stream, "many ends");
        answers(&mut Connection::open(&served.target), 1, "many ends");
    }
    for (stream, seen) in connection.all_seen() {
        // Nothing has to be said to one that has reset its stream.
        let silent = stream == 13 && seen.ends == 0 && seen.resets.is_empty();
        assert!(silent || seen.ended_once(), "stream {stream}: {seen:?}");
    }
}
