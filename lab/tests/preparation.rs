//! No version, no row.

use crate::world::World;

const PROGRAMLESS: &str = "stack='s'\nlanguage='l'\nhomepage='h'\nversion=['echo','1']\n";

const ONE_CASE: &str = "run --suite interop --case empty_unary --pair good:it";

fn world() -> World {
    World::new().peer("good", "serve", "pass").peer("it", "serve", "pass")
}

#[test]
fn a_missing_program_is_no_run() {
    let world = world().edit("it", "version =", "needs = ['no-such-program']\nversion =");
    let done = world.lab(ONE_CASE);
    assert_eq!(done.cell(), "good:it empty_unary no-run: it: no-such-program not found");
    assert_eq!(done.code, Some(3), "nothing was run");
    let done = world.lab("run --suite interop --case empty_unary");
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    let done = world.lab("run --suite interop --case empty_unary --require good,it");
    assert_eq!(done.code, Some(3), "{}", done.stdout);
}

#[test]
fn a_failed_build_is_one_line_and_the_others_go_on() {
    let fake = env!("CARGO_BIN_EXE_fake-peer");
    let build = format!("build = ['{fake}', 'build', 'it', 'is', 'raining']\nversion =");
    let world = world().edit("it", "version =", &build);
    let done = world.lab("build");
    assert_eq!(done.code, Some(1));
    let log = world.path("logs/build/it.build.log");
    let log = log.canonicalize().unwrap();
    let line = format!("no-run: build failed: exit code 1: it is raining (log: {})", log.display());
    assert!(done.stdout.contains(&line), "{}", done.stdout);
    assert!(done.stdout.contains("1.2.3"), "{}", done.stdout);
}

#[test]
fn a_peer_without_a_version_is_no_run() {
    let done = world().edit("it", "\"1.2.3\"", "\"\"").lab(ONE_CASE);
    assert_eq!(done.cell(), "good:it empty_unary no-run: it: version failed: it printed none");
}

#[test]
fn a_peer_without_a_role_is_unsupported() {
    let toml = format!("{PROGRAMLESS}[interop]\nclient=['true']\n");
    let done = world().file("peers/it/peer.toml", &toml).lab(ONE_CASE);
    assert_eq!(done.cell(), "good:it empty_unary unsupported: it has no server for interop");
}

#[test]
fn a_peer_without_a_suite_takes_no_part() {
    let done = world().file("peers/it/peer.toml", PROGRAMLESS).lab(ONE_CASE);
    assert!(done.stderr.contains("no peer matches; there are good"), "{}", done.stderr);
}
