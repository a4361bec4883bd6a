//! However the lab ends, its children end with it.

use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

use crate::world::World;

const RUN: &str = "run --suite interop --case *_unary --jobs 2 --timeout 60s";

/// A quick peer, and one whose client hangs.
fn world() -> World {
    World::new().peer("quick", "serve", "pass").peer("slow", "serve", "hang")
}

/// Enough to be in the middle of it: two versions, the slow client's three processes, and of the
/// quick pair the server, the client that is asked nonsense, and its first two cases.
const UNDER_WAY: usize = 9;

fn signal(lab: &Child, signal: Signal) {
    kill_process(Pid::from_child(lab), signal).unwrap();
}

#[test]
fn an_interrupted_run_still_writes_what_is_known() {
    let world = world();
    let lab = world.start(&format!("{RUN} --pair quick:quick --pair slow:quick"));
    world.wait_for_processes(UNDER_WAY);
    signal(&lab, Signal::INT);
    let done = world.done(lab);
    assert_eq!(done.code, Some(4), "{}", done.stderr);
    assert_eq!(done.record()["interrupted"], true);
    let cells = done.cells();
    assert!(cells.contains(&"quick:quick empty_unary pass".into()), "{cells:?}");
    assert!(cells.contains(&"slow:quick empty_unary no-run: interrupted".into()), "{cells:?}");
}

#[test]
fn a_lab_that_is_killed_leaves_no_children() {
    let world = world();
    let mut lab = world.start(&format!("{RUN} --pair slow:slow"));
    world.wait_for_processes(4);
    lab.kill().unwrap();
    lab.wait().unwrap();
    world.wait_until_nothing_is_left();
}

#[test]
fn the_first_failure_stops_a_run_that_should_fail_fast() {
    let done = World::new()
        .peer("it", "serve", "fail")
        .lab("run --suite interop --case *_unary --jobs 1 --fail-fast");
    let cells = done.cells();
    assert_eq!(cells[0], "it:it empty_unary fail: exit code 1: expected 12, got 2");
    assert_eq!(
        cells.last().map(String::as_str),
        Some("it:it cacheable_unary no-run: stopped at the first failure")
    );
    assert_eq!(done.code, Some(1));
}
