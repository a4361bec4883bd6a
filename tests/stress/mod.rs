//! Calls of every style, each message checked on both sides, while callers leave and servers are
//! killed. A few seconds of it with every run of the tests; `QUARTET_STRESS=10000000` makes so many
//! calls and sends so many messages:
//!
//!     QUARTET_STRESS=10000000 cargo test --release -p chat --test behaviour -- stress --nocapture

mod caller;
mod exact;
mod numbered;

use std::env;
use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use caller::{Caller, Tally};
use exact::Exact;
use futures::executor::block_on;
use futures::future::join_all;
use quartet::channel::Channel;
use quartet::server::Server;

use crate::support::process::{Process, start};
use crate::support::serve;

/// How many calls are made, and messages sent in streams.
fn amount() -> u64 {
    let amount = env::var("QUARTET_STRESS").ok();
    amount.map_or(20_000, |amount| amount.parse().expect("QUARTET_STRESS is a number"))
}

const CONNECTIONS: u64 = 4;
const CALLERS_EACH: u64 = 16;

/// Has callers call, on a thread for each connection, until the amount is reached.
fn call(target: &str, may_break: bool, amount: u64) -> Arc<Tally> {
    let tally = Arc::new(Tally::new(amount));
    thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let tally = &tally;
            scope.spawn(move || {
                let channel = Channel::builder(target).own_connections(true).build();
                let callers = (0..CALLERS_EACH).map(|caller| {
                    let seed = connection * CALLERS_EACH + caller;
                    Caller::new(channel.clone(), seed, may_break, tally.clone()).call()
                });
                block_on(join_all(callers));
            });
        }
        scope.spawn(|| watch(&tally));
    });
    tally
}

/// Says how far it is, and looks at the memory, until the callers are done.
fn watch(tally: &Tally) {
    let mut early = None;
    while !tally.is_done() {
        thread::sleep(Duration::from_millis(200));
        if tally.share() >= 0.2 {
            early.get_or_insert_with(resident_mib);
        }
        if tally.is_time_to_report() {
            eprintln!("{tally}, {} MiB", resident_mib());
        }
    }
    let (early, late) = (early.unwrap_or_else(resident_mib), resident_mib());
    assert!(late <= early + early / 4 + 32, "memory has grown from {early} to {late} MiB");
}

/// Of this process.
fn resident_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[test]
fn every_message_arrives_once_and_in_order() {
    let served = serve(Exact);
    let tally = call(&served.target, false, amount());
    eprintln!("{tally}");
    assert_eq!(tally.wrong(), Vec::<String>::new(), "{tally}");
    assert_eq!(served.server.running_calls(), 0, "calls that were left behind");
}

const SOCKET: &str = "QUARTET_STRESS_SOCKET";

/// The server that is killed: a process of its own.
#[test]
#[ignore = "is run by the test of servers that are killed"]
fn serve_until_killed() {
    let Ok(socket) = env::var(SOCKET) else { return };
    let server = Server::builder()
        .listen(format!("unix:{socket}").parse().unwrap())
        .service(chat::ChatServiceServer::new(Exact));
    let _server = server.start().unwrap();
    println!("\nready");
    loop {
        thread::park();
    }
}

fn start_server(socket: &str) -> Process {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env(SOCKET, socket);
    let args = ["stress::serve_until_killed", "--exact", "--ignored", "--nocapture"];
    let server = start(command, args);
    while server.line() != "ready" {}
    server
}

/// What a killed server leaves is a beginning, and UNAVAILABLE.
#[test]
fn what_a_killed_server_leaves_is_exact_up_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket").to_str().unwrap().to_owned();
    let mut server = start_server(&socket);
    let is_done = AtomicBool::new(false);
    let target = format!("unix:{socket}");
    let tally = thread::scope(|scope| {
        let callers = scope.spawn(|| {
            let tally = call(&target, true, amount());
            is_done.store(true, Relaxed);
            tally
        });
        let mut kills = 0;
        while !is_done.load(Relaxed) {
            let until = Instant::now() + Duration::from_millis(150);
            while Instant::now() < until && !is_done.load(Relaxed) {
                thread::sleep(Duration::from_millis(10));
            }
            server.signal("KILL");
            server.end();
            server = start_server(&socket);
            kills += 1;
        }
        eprintln!("{kills} servers were killed");
        callers.join().unwrap()
    });
    eprintln!("{tally}");
    assert_eq!(tally.wrong(), Vec::<String>::new(), "{tally}");
    assert!(tally.broken() > 0, "no call was broken off: {tally}");
}
