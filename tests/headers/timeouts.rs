//! A peer is never promised more time than the caller gave the call, on a busy machine either.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use chat::{ChatServiceClient, message};
use quartet::channel::Channel;
use quartet::rpc::{Code, Request};

use super::raw;
use crate::support::http2::{END_STREAM, HEADERS, hpack};
use crate::support::{core_is_ours, run};

/// A `grpc-timeout` in milliseconds, rounded up.
fn millis(header: &str) -> u64 {
    let (number, unit) = header.split_at(header.len() - 1);
    let number: u64 = number.parse().unwrap();
    match unit {
        "n" => number.div_ceil(1_000_000),
        "u" => number.div_ceil(1_000),
        "m" => number,
        "S" => number * 1_000,
        "M" => number * 60_000,
        "H" => number * 3_600_000,
        _ => panic!("{header} has a unit that nobody knows"),
    }
}

/// A server that reports for each call how much time was asked for, as its metadata say, and how
/// much was promised.
fn server(told: mpsc::Sender<(u64, u64)>) -> String {
    // Of the one connection that there is.
    let reader = Mutex::new(hpack::Reader::default());
    raw::serve(move |connection, asked| {
        if asked.kind != HEADERS {
            return;
        }
        let headers = reader.lock().unwrap().decode(&asked.payload);
        let header = |name: &str| {
            let found = headers.iter().find(|(key, _)| key == name);
            &*found.unwrap_or_else(|| panic!("no {name} in {headers:?}")).1
        };
        let _ = told.send((header("x-asked").parse().unwrap(), millis(header("grpc-timeout"))));
        connection.raw(&raw::headers(asked.stream, &[("grpc-status", b"10")], END_STREAM));
    })
}

/// Calls with this timeout, and sends it to the server.
fn call(client: &ChatServiceClient, asked: u64) {
    let mut request = Request::new(message("", ""));
    request.metadata_mut().add("x-asked", asked.to_string()).unwrap();
    request.set_timeout(Duration::from_millis(asked));
    let status = run(client.say_hello(request)).unwrap_err();
    assert_eq!(status.code(), Code::Aborted, "{status}");
}

/// Keeps all processors busy until it is dropped.
struct Load(Arc<AtomicBool>);

impl Load {
    fn start(threads: usize) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        for _ in 0..threads {
            let over = over.clone();
            thread::spawn(move || while !over.load(Relaxed) {});
        }
        Load(over)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Makes many calls on a busy machine; the promised part of each, in thousandths, in order.
fn promised() -> Vec<u64> {
    const CALLERS: u64 = 4;
    const CALLS: u64 = 250;
    let (sender, told) = mpsc::channel();
    let target = server(sender);
    let client = ChatServiceClient::new(Channel::to(target));
    let _load = Load::start(4);
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let client = &client;
            scope.spawn(move || {
                for number in 0..CALLS {
                    // Every other one the same, the rest hardly different.
                    let different = 1_900 + (caller * CALLS + number) * 37 % 100;
                    call(client, if number % 2 == 0 { 2_000 } else { different });
                }
            });
        }
    });
    let all: Vec<(u64, u64)> = told.try_iter().collect();
    assert_eq!(all.len() as u64, CALLERS * CALLS, "every call reaches the server");
    let more: Vec<_> = all.iter().filter(|(asked, promised)| promised > asked).collect();
    assert!(
        more.is_empty(),
        "{} of {} calls promise more than was asked, such as {:?} (asked, promised)",
        more.len(),
        all.len(),
        more[0]
    );
    let mut parts: Vec<u64> = all.iter().map(|(asked, promised)| promised * 1000 / asked).collect();
    parts.sort_unstable();
    parts
}

// What a thread was held up is taken off; most are held up a little at most.

#[test]
fn under_load() {
    // An installed core reads its clock, and reuses what the peer has in its table, where nobody
    // sees it.
    if !core_is_ours() {
        return;
    }
    let parts = promised();
    let middle = parts[parts.len() / 2];
    assert!(middle >= 960, "half of the calls promise {middle} thousandths or less");
}
