//! Callers that take no byte of their reply. Each holds its place among the calls that run, and not
//! for ever.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use chat::message;
use protobuf::Message as _;
use quartet::interceptors::{ConcurrencyLimit, Metrics};
use quartet::rpc::Code;
use quartet::server::{Drained, ServerBuilder};

use super::child::Child;
use super::{BROADCAST, HELLO, encoded};
use crate::support::http2::{Connection, Seen, call};
use crate::support::probe::{Event, probe};
use crate::support::{Served, run, serve_with};

/// A call of each kind of reply, one after the other with a status, too.
const CALLS: [(&str, &str); 4] = [
    (HELLO, "be fine"),
    (BROADCAST, "1 then be fine"),
    (BROADCAST, "1 then fail"),
    (BROADCAST, "100 then be fine"),
];

fn serve(with: impl FnOnce(ServerBuilder) -> ServerBuilder) -> (Served, Receiver<Event>) {
    let (probe, events) = probe();
    (serve_with(probe, with), events)
}

/// A server for two calls at once, which are counted.
fn two_places(
    metrics: &Metrics,
    with: impl FnOnce(ServerBuilder) -> ServerBuilder,
) -> (Served, Receiver<Event>) {
    serve(|builder| {
        with(builder.interceptor(ConcurrencyLimit::new(2)).interceptor(metrics.clone()))
    })
}

/// Starts a call whose reply finds no room.
fn start(address: &str, (path, content): (&str, &str), timeout: &str) -> Connection {
    start_with(address, path, &encoded(content), timeout)
}

fn start_with(address: &str, path: &str, request: &[u8], timeout: &str) -> Connection {
    let mut connection = Connection::open_with_room(address, 0);
    connection.headers(1, &call(path, &[("grpc-timeout", timeout.as_bytes())]), 0);
    connection.long_message(1, request);
    connection
}

/// The same, two of them, up to where their handlers have begun; when a server has but two places,
/// there is none for another caller, until they are ended.
fn take_both_places(
    (served, events): &(Served, Receiver<Event>),
    metrics: &Metrics,
    of: (&str, &str),
    timeout: &str,
) {
    let running = |count| {
        let method = of.0.trim_start_matches('/');
        let sample = format!("grpc_server_call_running{{grpc_method=\"{method}\"}} {count}\n");
        metrics.encode().contains(&sample)
    };
    let stuck = [(); 2].map(|()| start(&served.target, of, timeout));
    let begun = |event: &Event| matches!(event, Event::Started(_));
    let count = events.iter().filter(begun).take(2).count();
    assert_eq!(count, 2, "{of:?}: handlers that began");
    let client = served.client();
    let ask = || run(client.say_hello(message("", "be fine"))).map(drop);
    let refused = ask().expect_err("both places are taken by replies that can't leave");
    assert_eq!(refused.code(), Code::ResourceExhausted, "{of:?}: {refused}");
    wait_until(|| served.server.running_calls() == 2, "the refused call is over");
    assert!(running(2), "{of:?}: {}", metrics.encode());
    let ends = stuck.map(|mut connection| {
        let [seen] = connection.finish([1]);
        seen
    });
    assert!(ends.iter().all(Seen::is_error), "{of:?}: {ends:?}");
    wait_until(|| ask().is_ok(), "a place is free");
    wait_until(|| served.server.running_calls() == 0 && running(0), "no call runs");
    events.try_iter().for_each(drop);
}

#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool, what: &str) {
    let limit = std::time::Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(std::time::Instant::now() < limit, "expected that {what} soon");
        run(futures_timer::Delay::new(Duration::from_millis(5)));
    }
}

#[test]
fn a_reply_that_cannot_leave_holds_its_place_until_its_deadline() {
    let metrics = Metrics::new();
    let served = two_places(&metrics, |builder| builder);
    for of in CALLS {
        take_both_places(&served, &metrics, of, "500m");
    }
}

#[test]
fn without_a_deadline_it_holds_its_place_for_a_while() {
    let metrics = Metrics::new();
    let served = two_places(&metrics, |builder| builder.send_timeout(Duration::from_millis(500)));
    // A stream that goes on waits for its reader, as flow control has it.
    for of in &CALLS[..3] {
        take_both_places(&served, &metrics, *of, "");
    }
}

#[test]
fn replies_that_cannot_leave_do_not_hold_up_a_drain() {
    let (served, events) = serve(|builder| builder);
    let stuck: Vec<_> = (0..10).map(|_| start(&served.target, CALLS[0], "500m")).collect();
    let over = |event: &Event| matches!(event, Event::Over { .. });
    assert_eq!(events.iter().filter(over).take(10).count(), 10, "handlers that have answered");
    let drained = run(served.server.drain(Duration::from_secs(15)));
    assert_eq!(drained, Drained::Complete);
    drop(stuck);
}

#[test]
fn replies_that_cannot_leave_cost_memory_until_their_deadline() {
    // The reply has the name.
    let request = message("x".repeat(1 << 20), "").write_to_bytes().unwrap();
    Child::start().keeps_nothing(|address| {
        let stuck = [(); 16].map(|()| start_with(address, HELLO, &request, "1S"));
        for mut connection in stuck {
            let [seen] = connection.finish([1]);
            assert!(seen.is_error(), "{:?} of {} bytes", seen.headers, seen.data.len());
        }
    });
}
