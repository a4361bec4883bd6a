//! Several replicas behind one channel: some go, some come, and no call fails.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use quartet::chat::ChatServiceClient;

use crate::support::replicas::{Replica, calls, channel, target};
use crate::support::run;

fn three() -> Vec<Replica> {
    (0..3).map(|_| Replica::start(&["-q"])).collect()
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
    let mut replicas = three();
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
fn no_call_fails_while_three_replicas_are_restarted_one_after_the_other() {
    let mut replicas = three();
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
            let back = replicas.remove(0).restart(&["-q"]);
            replicas.push(back);
        }
        restarted.store(true, SeqCst);
    });
    let done = done.into_inner();
    assert!(done >= 10_000, "10,000 calls were to be made; {done} were");
}
