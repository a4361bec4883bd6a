//! Whatever a peer does, it gets the right verdict in time, and nothing of it is left.

use crate::world::{Done, World};

const ONE_CASE: &str = "run --timeout 1s --suite interop --case empty_unary";
const ONE_CALL: &str = "run --timeout 1s --suite chat --case unary/hello";

fn client(manner: &str, arguments: &str) -> Done {
    World::new().peer("it", "serve", manner).lab(arguments)
}

fn server(manner: &str) -> Done {
    World::new().peer("it", manner, "connect").lab(ONE_CASE)
}

#[test]
fn a_client_that_passes() {
    let done = client("pass", ONE_CASE);
    assert_eq!(done.cell(), "it:it empty_unary pass");
    assert_eq!(done.code, Some(0));
}

#[test]
fn a_client_that_fails() {
    let done = client("fail", ONE_CASE);
    assert_eq!(done.cell(), "it:it empty_unary fail: exit code 1: expected 12, got 2");
    assert_eq!(done.code, Some(1));
    let evidence = &done.record()["cells"][0]["evidence"];
    assert_eq!(evidence["client"][0], "expected 12, got 2");
}

#[test]
fn a_client_that_hangs() {
    assert_eq!(
        client("hang", ONE_CASE).cell(),
        "it:it empty_unary fail: timeout after 1s; the client's last words: still here"
    );
}

#[test]
fn a_client_that_crashes() {
    assert_eq!(client("crash", ONE_CASE).cell(), "it:it empty_unary fail: SIGABRT");
}

#[test]
fn a_client_that_lies() {
    let reason = "fail: the client passes a case that doesn't exist";
    assert_eq!(client("liar", ONE_CASE).cell(), format!("it:it empty_unary {reason}"));
}

#[test]
fn a_client_that_lies_about_calls() {
    let reason =
        "fail: the client doesn't say unsupported to a case that doesn't exist: reported no status";
    assert_eq!(client("liar", ONE_CALL).cell(), format!("it:it unary/hello {reason}"));
}

#[test]
fn a_client_that_reports_rubbish() {
    let reason = "fail: reported rubbish: hello world (expected value at line 1 column 1)";
    for manner in ["rubbish", "endless-rubbish"] {
        assert_eq!(client(manner, ONE_CALL).cell(), format!("it:it unary/hello {reason}"));
    }
}

#[test]
fn a_client_that_reports_what_the_article_says() {
    assert_eq!(client("greet", ONE_CALL).cell(), "it:it unary/hello pass");
}

#[test]
fn a_client_that_leaves_a_child_behind() {
    assert_eq!(client("leave-a-child", ONE_CASE).cell(), "it:it empty_unary pass");
}

#[test]
fn a_client_that_says_unsupported_in_its_own_way() {
    let done = World::new()
        .peer("it", "serve", "own-way")
        .edit("it", "[interop]", "[interop]\nunsupported = { exit = 1, output = 'not for me' }")
        .lab(ONE_CASE);
    assert_eq!(done.cell(), "it:it empty_unary unsupported: it's client says so");
    assert_eq!(done.code, Some(0));
}

#[test]
fn a_server_that_crashes() {
    let reason = "fail: server ended with exit code 3 before it was ready: no room at the inn";
    assert_eq!(server("crash").cell(), format!("it:it empty_unary {reason}"));
}

#[test]
fn a_server_that_never_becomes_ready() {
    let reason = "fail: server was not ready after 1s";
    assert_eq!(server("deaf").cell(), format!("it:it empty_unary {reason}"));
}

#[test]
fn a_server_that_ends_during_a_case() {
    let reason = "fail: server ended with exit code 5; the client: exit code 1: lost the server";
    assert_eq!(server("brief").cell(), format!("it:it empty_unary {reason}"));
}

#[test]
fn a_server_that_leaves_a_child_behind() {
    let done = World::new().peer("it", "leave-a-child", "pass").lab(ONE_CASE);
    assert_eq!(done.cell(), "it:it empty_unary pass");
}

#[test]
fn a_server_that_the_lab_kills() {
    let done = World::new()
        .peer("it", "serve", "watch")
        .lab("run --suite chat --timeout 5s --case bidi/server-dies --case bidi/cancel");
    let reason = "fail: expected CANCELLED, got UNAVAILABLE: gone";
    let [cancel, server_dies] = &done.cells()[..] else { panic!("{:?}", done.cells()) };
    assert_eq!(server_dies, "it:it bidi/server-dies pass");
    assert!(cancel.starts_with("it:it bidi/cancel fail: "), "{cancel} and not {reason}");
}

#[test]
fn one_peer_does_not_spoil_the_others() {
    let done =
        World::new().peer("bad", "crash", "hang").peer("good", "serve", "pass").lab(ONE_CASE);
    assert_eq!(
        done.cells(),
        [
            "bad:bad empty_unary fail: server ended with exit code 3 before it was ready: no room at the inn",
            "bad:good empty_unary fail: timeout after 1s; the client's last words: still here",
            "good:bad empty_unary fail: server ended with exit code 3 before it was ready: no room at the inn",
            "good:good empty_unary pass",
        ]
    );
}

#[test]
fn a_flaky_cell_shows_how_often_it_passed() {
    let done = World::new()
        .peer("it", "serve", "every-other")
        .lab(&format!("{ONE_CASE} --repeat 4 --jobs 1"));
    assert_eq!(done.cell(), "it:it empty_unary fail: exit code 1");
    assert!(done.stdout.contains("empty_unary  2/4"), "{}", done.stdout);
    assert!(done.stdout.contains("fail: exit code 1 (passed 2 of 4)"), "{}", done.stdout);
}

#[test]
fn a_retry_that_passes_is_a_pass_that_is_shown_as_flaky() {
    let world = World::new().peer("it", "serve", "every-other");
    let done = world.lab(&format!("{ONE_CASE} --case large_unary --retries 2 --jobs 1"));
    assert_eq!(done.cells(), ["it:it empty_unary pass", "it:it large_unary pass"]);
    assert!(done.stdout.contains("large_unary  1/2"), "{}", done.stdout);
}
