//! Requests that begin and never end. What holds for a call holds from its headers on, where its one
//! request is read as a stream.

use quartet::interceptors::{BearerAuth, ConcurrencyLimit};
use quartet::server::ServerBuilder;

use super::child::resident;
use super::{BROADCAST, CHAT, HELLO, UPLOAD, answers, encoded};
use crate::support::http2::{Connection, DATA, call, prefixed};
use crate::support::probe::probe;
use crate::support::process::start_server;
use crate::support::{Served, serve_with};

fn serve(with: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Served {
    let (probe, _events) = probe();
    serve_with(probe, with)
}

/// Sends the headers of a call, and a message but for its last byte.
fn begin(connection: &mut Connection, stream: u32, path: &str, timeout: &str) {
    connection.headers(stream, &call(path, &[("grpc-timeout", timeout.as_bytes())]), 0);
    let message = prefixed(&encoded("half of it"));
    connection.frame(DATA, 0, stream, &message[..message.len() - 1]);
}

#[test]
fn the_deadline_of_an_unfinished_request_is_kept() {
    let served = serve(|builder| builder);
    let mut connection = Connection::open(&served.target);
    for (stream, path) in [(1, HELLO), (3, BROADCAST), (5, UPLOAD), (7, CHAT)] {
        begin(&mut connection, stream, path, "200m");
        let [seen] = connection.finish([stream]);
        assert_eq!(seen.grpc_status(), Some(4), "{path}: {seen:?}");
    }
    answers(&mut connection, 9, "unfinished requests");
}

#[test]
fn tokens_and_limits_hold_before_a_request_is_read_as_a_stream() {
    let served = serve(|builder| builder.interceptor(BearerAuth::tokens([("ada", "sesame")])));
    let mut connection = Connection::open(&served.target);
    begin(&mut connection, 1, HELLO, "10S");
    let [seen] = connection.finish([1]);
    assert_eq!(seen.grpc_status(), Some(16), "{seen:?}");

    let served = serve(|builder| builder.interceptor(ConcurrencyLimit::new(1)));
    let mut connection = Connection::open(&served.target);
    begin(&mut connection, 1, HELLO, "10S");
    begin(&mut connection, 3, HELLO, "10S");
    let [seen] = connection.finish([3]);
    assert_eq!(seen.grpc_status(), Some(8), "{seen:?}");
}

/// grpcio has 1,024 places for calls of which it reads the request itself.
#[test]
fn any_number_of_unfinished_requests_keeps_nobody_out() {
    let served = serve(|builder| builder);
    let mut connections = [(); 2].map(|()| Connection::open(&served.target));
    for connection in &mut connections {
        for stream in (1..).step_by(2).take(600) {
            connection.headers(stream, &call(HELLO, &[]), 0);
        }
        assert!(connection.round_trip(), "the connection stays");
    }
    answers(&mut Connection::open(&served.target), 1, "1,200 unfinished requests");
}

/// Many messages, of which each is a good one until its last byte, which does not come.
#[test]
fn a_memory_quota_bounds_what_unfinished_requests_cost_together() {
    const QUOTA: i64 = 32 << 20;
    const MESSAGE: usize = 3 << 20;
    let quota = QUOTA.to_string();
    let (server, address) =
        start_server(&["--listen", "127.0.0.1:0", "-q", "-q", "--memory-quota", &quota]);
    let before = resident(&server);
    let message = prefixed(&vec![b'x'; MESSAGE]);
    let mut held = Vec::new();
    for _ in 0..100 {
        let mut connection = Connection::open(&address);
        connection.headers(1, &call(HELLO, &[]), 0);
        connection.long_data(1, &message[..MESSAGE - 1], 0);
        held.push(connection);
    }
    let ended =
        held.iter_mut().map(|connection| usize::from(connection.has_ended(1))).sum::<usize>();
    let grown = (resident(&server) - before) << 10;
    assert!(grown < 3 * QUOTA, "100 messages of {MESSAGE} bytes cost {grown}; {ended} were ended");
    assert!(ended > 50, "only {ended} calls of 100 were ended");
    drop(held);
    answers(&mut Connection::open(&address), 1, "a memory quota that was exceeded");
}
