//! The lab's own server, and clients that don't take it as they should.

use crate::world::{Done, World};

fn run(manner: &str, case: &str) -> Done {
    let fake = env!("CARGO_BIN_EXE_fake-peer");
    let client = format!("['{fake}', 'client', '{manner}', '{{host}}:{{port}}', '{{case}}']");
    World::new()
        .peer("it", "serve", manner)
        .edit("it", "[interop]", &format!("[http2]\nclient = {client}\n[interop]"))
        .lab(&format!("run --timeout 2s --suite http2 --case {case}"))
}

#[test]
fn a_client_that_does_as_it_should() {
    for case in ["data_frame_padding", "no_df_padding_sanity_test"] {
        let done = run("call", case);
        assert_eq!(done.cell(), format!("it:raw {case} pass"));
        assert_eq!(done.code, Some(0));
        let evidence = done.record()["peers"][1]["name"].as_str();
        assert_eq!(evidence, Some("raw"));
    }
}

#[test]
fn the_client_s_word_is_not_enough() {
    for (case, reason) in [
        ("rst_after_data", "calls: expected 1, the server saw 0"),
        ("goaway", "expected a call on each of two connections, saw []"),
        ("ping", "there was no call"),
        ("max_streams", "expected at least 11 calls, saw 0"),
    ] {
        assert_eq!(run("pass", case).cell(), format!("it:raw {case} fail: {reason}"));
    }
}

#[test]
fn what_the_server_saw_is_not_enough() {
    assert_eq!(
        run("call", "rst_after_data").cell(),
        "it:raw rst_after_data fail: exit code 1: reset"
    );
}

#[test]
fn a_client_that_acknowledges_no_ping() {
    let reason = "timeout after 2s; PINGs acknowledged: expected 21, the server saw 0";
    assert_eq!(run("call", "ping").cell(), format!("it:raw ping fail: {reason}"));
}

#[test]
fn a_client_that_opens_too_many_streams() {
    let reason = "timeout after 2s; streams open at once: expected 1, the server saw 2";
    assert_eq!(
        run("call-twice", "max_streams").cell(),
        format!("it:raw max_streams fail: {reason}")
    );
}

#[test]
fn a_cell_s_command_runs_it_again() {
    let done = run("call", "goaway");
    let command = done.record()["cells"][0]["command"].as_str();
    assert_eq!(command, Some("lab run --suite http2 --peer it --case goaway"));
}

#[test]
fn a_client_that_is_none_for_the_suite() {
    let done = World::new().peer("it", "serve", "pass").lab("run --suite http2 --case ping");
    assert_eq!(done.cell(), "it:raw ping unsupported: it has no client for http2");
}

#[test]
fn no_peer_may_be_called_as_the_lab_s_server() {
    let done = World::new().peer("raw", "serve", "pass").lab("run --suite http2");
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("raw: this name is the lab's own server"), "{}", done.stderr);
}
