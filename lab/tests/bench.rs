//! Benchmarks of contestants that misbehave.

use rustix::process::{Pid, Signal, kill_process};

use crate::world::{Done, World};

const BENCH: &str = "bench --reference it --rounds 1 --seconds 0.1";

/// A contestant and its two workloads, of which it lacks one.
fn world(manner: &str) -> World {
    World::new()
        .contestant("it", manner)
        .file("workloads/1-this.toml", "question = 'how fast?'\nquick = ['this']")
        .file("workloads/2-that.toml", "question = 'how far?'\nload = ['1x1', '100x4']")
}

/// The samples, as `case client:server outcome: reason`.
fn samples(done: &Done) -> Vec<String> {
    let samples = done.record()["samples"].as_array().unwrap().iter();
    samples
        .map(|sample| {
            let text = |key: &str| sample[key].as_str().unwrap_or_default();
            let outcomes = ["measured", "unsupported", "void", "failed"];
            let outcome = outcomes.iter().find(|it| sample.get(**it).is_some()).unwrap();
            let [case, client, server] = ["case", "client", "server"].map(text);
            format!("{case} {client}:{server} {outcome}: {}", text(outcome))
        })
        .collect()
}

#[test]
fn a_worker_that_ends_is_told_with_its_last_words() {
    for (manner, reason) in [
        ("crash", "worker ended with exit code 3 before it was ready: no room at the inn"),
        ("brief", "it as server: worker ended with exit code 5"),
    ] {
        let done = world(manner).lab(&format!("{BENCH} --case this"));
        let samples = samples(&done);
        assert_eq!(done.code, Some(1), "{}", done.stderr);
        assert_eq!(samples.len(), 2, "the second copy has its turn all the same: {samples:?}");
        assert!(samples[0].starts_with("this it:it failed: "), "{samples:?}");
        assert!(samples[0].contains(reason), "{reason} is not in {samples:?}");
    }
}

#[test]
fn what_a_contestant_lacks_is_unsupported_and_no_failure() {
    let done = world("crash").lab(&format!("{BENCH} --case that"));
    assert_eq!(samples(&done)[0], "that/1x1 it:it unsupported: it never learned it");
    assert_eq!(done.code, Some(3), "nothing could be measured: {}", done.stderr);
}

#[test]
fn an_interrupted_run_keeps_what_it_has() {
    let world = world("serve");
    let lab = world.start(&format!("{BENCH} --case that --case this"));
    // The version, and the worker whose answer the lab waits for.
    world.wait_for_processes(2);
    kill_process(Pid::from_child(&lab), Signal::INT).unwrap();
    let done = world.done(lab);
    assert_eq!(done.code, Some(4), "{}", done.stderr);
    assert_eq!(done.record()["interrupted"], true);
    assert!(samples(&done).is_empty(), "an interrupted sample is none");
}

#[test]
fn mistakes_are_told_with_what_there_is() {
    for (flags, expected) in [
        ("--case these", "--case these: no case of this, that matches"),
        ("--contestant them", "--contestant them: no contestant matches; there are it"),
        ("--workloads nowhere", "nowhere: No such file or directory"),
        ("--workers a:1", "QPS_WORKERS: give two workers, HOST:PORT,HOST:PORT"),
        ("--seconds 0", "must be from 0.1 to 600 seconds"),
    ] {
        let done = world("serve").lab(&format!("bench --reference it {flags}"));
        assert_eq!(done.code, Some(2), "{flags}: {}", done.stderr);
        assert!(done.stderr.contains(expected), "{expected} is not in {}", done.stderr);
    }
}

#[test]
fn a_workload_with_a_misspelt_key_is_told_with_its_file() {
    let world = world("serve").file("workloads/3.toml", "question = '?'\nsizes = [1]");
    let done = world.lab(BENCH);
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("workloads/3.toml: TOML parse error"), "{}", done.stderr);
}
