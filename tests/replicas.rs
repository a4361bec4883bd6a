//! Several replicas behind one channel: some go, some come, and no call fails.

use std::collections::BTreeSet;
use std::future;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use chat::{ChatServiceClient, message};
use quartet::channel::ChannelBuilder;
use quartet::services::{Health, Serving};

use crate::support::hello::Hello;
use crate::support::replicas::{Replica, calls, channel, target, unchecked_channel};
use crate::support::{Served, core_is_ours, run, serve_with};

fn three(flags: &[&str]) -> Vec<Replica> {
    (0..3).map(|_| Replica::start(flags)).collect()
}

/// Makes unary calls until one of them has been answered, without a failure, after `stop`.
fn keep_calling(client: &ChatServiceClient, stop: &AtomicBool) -> usize {
    let mut made = 0;
    while !stop.load(SeqCst) {
        // 1 to 9: no streams, of which a part may have come already when the server dies.
        run(calls(client, 1, 9, 9));
        made += 9;
    }
    made
}

#[test]
fn a_killed_replica_is_left_out_and_found_again() {
    let mut replicas = three(&["-q"]);
    let client = ChatServiceClient::new(channel(&target(&replicas)).build());
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let calls = scope.spawn(|| keep_calling(&client, &stop));
        for round in 0..3 {
            let back = replicas.remove(0).revive(&[]);
            // Traffic comes to it again.
            back.process.wait_for_log("Received Unary message");
            assert!(!calls.is_finished(), "a call failed in round {round}");
            replicas.push(back);
        }
        stop.store(true, SeqCst);
    });
}

#[test]
fn an_unhealthy_replica_gets_no_calls_until_it_is_well() {
    let replicas: Vec<_> = (0..3).map(|n| named(&format!("replica {n}"))).collect();
    let addresses: Vec<_> = replicas.iter().map(|(_, served)| &*served.target).collect();
    let target = format!("ipv4:{}", addresses.join(","));
    let client = ChatServiceClient::new(channel(&target).build());
    let answered_by = |expected: &[&str]| {
        let limit = Instant::now() + Duration::from_secs(10);
        loop {
            let names: BTreeSet<_> = (0..30).map(|_| who_answers(&client)).collect();
            if names.iter().eq(expected) {
                return;
            }
            assert!(Instant::now() < limit, "expected {expected:?}, saw {names:?}");
        }
    };
    answered_by(&["replica 0", "replica 1", "replica 2"]);
    replicas[1].0.set("", Serving::NotServing);
    answered_by(&["replica 0", "replica 2"]);
    replicas[1].0.set("", Serving::Serving);
    answered_by(&["replica 0", "replica 1", "replica 2"]);
}

/// A server that answers with a name.
fn named(name: &str) -> (Health, Served) {
    let (name, health) = (name.to_owned(), Health::new());
    let hello = Hello(move |_| future::ready(Ok(message("Server", &*name).into())));
    let served = serve_with(hello, |builder| builder.health(health.clone()));
    (health, served)
}

fn who_answers(client: &ChatServiceClient) -> String {
    let reply = run(client.say_hello(message("Ada", "")));
    reply.unwrap_or_else(|status| panic!("no call fails; saw {status}")).into_inner().content
}

/// Which of them has got the message of a chat.
fn who_chats(replicas: &[Replica]) -> usize {
    let limit = Instant::now() + Duration::from_secs(10);
    let chats =
        |replica: &Replica| replica.process.new_log().any(|line| line.contains("ChatStream"));
    loop {
        assert!(Instant::now() < limit, "expected a chat in one of the logs");
        if let Some(at) = replicas.iter().position(chats) {
            return at;
        }
    }
}

#[test]
fn a_replica_is_drained_in_a_clusters_order() {
    let mut replicas = three(&["--drain-delay", "1s"]);
    let client = ChatServiceClient::new(channel(&target(&replicas)).build());
    // A chat that goes on while its replica is drained.
    let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
    let mut chat = move |text: &str| {
        run(async {
            sender.send(message("Ada", text)).await.unwrap();
            echoes.message().await.unwrap().unwrap().content
        })
    };
    assert_eq!(chat("before"), "Echo: before");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let calls = scope.spawn(|| keep_calling(&client, &stop));
        let drained = replicas.remove(who_chats(&replicas));
        drained.process.signal("TERM");
        // It no longer takes connections when its delay is over, and still serves the chat.
        while TcpStream::connect(&drained.address).is_ok() {
            thread::yield_now();
        }
        assert_eq!(chat("during"), "Echo: during");
        stop.store(true, SeqCst);
        assert!(calls.join().expect("no call fails") > 0);
        drop(chat);
        assert_eq!(drained.process.end().code(), Some(0));
    });
}

#[test]
fn no_call_fails_while_three_replicas_are_restarted_one_after_the_other() {
    // Long enough for the clients to hear of it.
    restart_under_load(channel, &["-q", "--drain-delay", "1s"]);
}

#[test]
fn no_call_fails_of_clients_that_do_not_look_at_health_either() {
    if !core_is_ours() {
        return;
    }
    restart_under_load(unchecked_channel, &["-q"]);
}

/// Makes 10,000 calls from three clients, while each replica is drained and started again.
fn restart_under_load(channel: fn(&str) -> ChannelBuilder, flags: &[&str]) {
    let mut replicas = three(flags);
    let target = target(&replicas);
    let (done, restarted) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let client = ChatServiceClient::new(channel(&target).build());
                while done.load(SeqCst) < 10_000 || !restarted.load(SeqCst) {
                    let from = done.fetch_add(100, SeqCst);
                    run(calls(&client, from, 100, 10));
                }
            });
        }
        // It begins when the calls have.
        while done.load(SeqCst) < 1_000 {
            thread::yield_now();
        }
        for _ in 0..3 {
            let back = replicas.remove(0).restart(flags);
            replicas.push(back);
        }
        restarted.store(true, SeqCst);
    });
    let done = done.into_inner();
    assert!(done >= 10_000, "10,000 calls were to be made; {done} were");
}
