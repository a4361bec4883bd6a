//! What is listed as failing must fail, and the list must be right.

use crate::world::World;

const ONE_CASE: &str = "run --suite interop --case empty_unary";

fn world(client: &str, known: &str) -> World {
    World::new().peer("it", "serve", client).file("peers/it/known-failing.txt", known)
}

#[test]
fn a_listed_failure_is_no_error() {
    let done = world("fail", "interop/client/empty_*: it is tired (link)\n").lab(ONE_CASE);
    assert_eq!(done.code, Some(0));
    assert!(done.stdout.contains("known: it is tired (link)"), "{}", done.stdout);
    assert!(done.stdout.contains("1 cell: 1 known"), "{}", done.stdout);
}

#[test]
fn a_listed_case_that_passes_is_an_error() {
    let done = world("pass", "interop/client/empty_*: it is tired\n").lab(ONE_CASE);
    assert_eq!(done.code, Some(1));
    let reason = "surprise: passes, but it/known-failing.txt:1 says it fails: it is tired";
    assert!(done.stdout.contains(reason), "{}", done.stdout);
}

#[test]
fn a_line_that_matches_nothing_is_an_error() {
    let done = world("pass", "# tired\ninterop/server/emty_unary: it is tired\n").lab(ONE_CASE);
    assert_eq!(done.code, Some(1));
    let error = "error: it/known-failing.txt:2: interop has no case emty_unary";
    assert!(done.stdout.contains(error), "{}", done.stdout);
}

#[test]
fn a_line_about_another_suite_is_not_judged() {
    let done = world("pass", "chat/server/emty: it is tired\n").lab(ONE_CASE);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
}
