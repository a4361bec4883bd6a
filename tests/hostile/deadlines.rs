//! `grpc-timeout`, kept by a handler that does not look at it.

use std::time::{Duration, Instant};

use super::{CHAT, HELLO, encoded, serve_probe};
use crate::support::http2::{Connection, call};

/// What comes of 100 ms; a client counts from a moment before the server does.
const EARLY: Duration = Duration::from_millis(95);
const PROMPT: Duration = Duration::from_millis(200);

/// Never early. Late only as far as a busy machine is: one of ten tries has to be prompt.
#[test]
fn a_deadline_is_kept_to_the_moment() {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    let mut streams = (1..).step_by(2);
    for path in [HELLO, CHAT] {
        let mut tries = Vec::new();
        while tries.len() < 10 && tries.last().is_none_or(|took| *took >= PROMPT) {
            let stream = streams.next().expect("streams without end");
            tries.push(expire(&mut connection, stream, path));
        }
        assert!(tries.iter().all(|took| *took >= EARLY), "{path}: early: {tries:?}");
        assert!(tries.last() < Some(&PROMPT), "{path}: late, every time: {tries:?}");
    }
}

/// How long a call with 100 ms runs whose handler sleeps.
fn expire(connection: &mut Connection, stream: u32, path: &str) -> Duration {
    let before = Instant::now();
    connection.headers(stream, &call(path, &[("grpc-timeout", b"100m")]), 0);
    connection.message(stream, &encoded("sleep"), 0);
    let [seen] = connection.finish([stream]);
    assert_eq!(seen.grpc_status(), Some(4), "{path}: {seen:?}");
    assert!(seen.ended_once(), "{path}: {seen:?}");
    before.elapsed()
}
