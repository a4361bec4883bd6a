//! `kill -9` in the middle of each style: nothing hangs, and nothing that came is lost.

use crate::support::process::{Process, chat_client, client, start, start_server};

/// A server that pauses for long in its broadcast, so that it can be killed there.
fn slow_server() -> (Process, String) {
    start_server(&["--listen", "127.0.0.1:0", "--pace", "60s"])
}

fn unavailable(client: Process, seen: &[&str]) {
    let ended = client.end();
    assert_eq!(ended.code(), Some(64 + 14), "{ended:?}");
    assert_eq!(ended.stdout, seen, "{ended:?}");
    assert!(ended.stderr.contains("UNAVAILABLE"), "{ended:?}");
}

#[test]
fn a_server_that_dies_in_a_broadcast() {
    let (server, address) = slow_server();
    let listening = start(chat_client(), ["-s", &address, "broadcast"]);
    assert_eq!(listening.line(), "Server: Welcome to the broadcast!");
    server.signal("KILL");
    unavailable(listening, &[]);
}

#[test]
fn a_server_that_dies_in_an_upload() {
    let (server, address) = slow_server();
    let mut uploading = start(chat_client(), ["-s", &address, "upload"]);
    uploading.write_line("one");
    server.wait_for_log("client stream: one");
    // Its input stays open: that there is no more to read is not what ends it.
    let _open = uploading.stdin.take();
    server.signal("KILL");
    unavailable(uploading, &[]);
}

#[test]
fn a_server_that_dies_in_a_chat() {
    let (server, address) = slow_server();
    let mut chatting = start(chat_client(), ["-s", &address, "chat"]);
    for line in ["one", "two"] {
        chatting.write_line(line);
        assert_eq!(chatting.line(), format!("Server: Echo: {line}"));
    }
    server.signal("KILL");
    unavailable(chatting, &[]);
}

#[test]
fn a_server_that_dies_under_a_unary_call() {
    let (server, address) = slow_server();
    // Stopped, it accepts the connection and never answers.
    server.signal("STOP");
    let calling = start(chat_client(), ["-s", &address, "--timeout", "15s", "hello"]);
    server.signal("KILL");
    unavailable(calling, &[]);
}

#[test]
fn clients_that_die_in_each_style_leave_a_server_that_serves() {
    let (server, address) = slow_server();
    let broadcast = start(chat_client(), ["-s", &address, "broadcast"]);
    broadcast.line();
    let mut upload = start(chat_client(), ["-s", &address, "upload"]);
    upload.write_line("one");
    server.wait_for_log("client stream: one");
    let mut chat = start(chat_client(), ["-s", &address, "chat"]);
    chat.write_line("Hi!");
    chat.line();
    for client in [broadcast, upload, chat] {
        client.signal("KILL");
        client.end();
    }
    let hello = client(&["-s", &address, "hello"], "");
    assert_eq!(hello.code(), Some(0), "{hello:?}");
    // Their handlers are gone: a drain has nothing to wait for.
    server.signal("TERM");
    let ended = server.end();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.contains("every call has ended"), "{ended:?}");
    assert!(!ended.stderr.contains("Upload stream finished"), "{ended:?}");
}
