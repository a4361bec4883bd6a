//! The article's own programs, on grpc-go: its client can't tell our server from a Go peer,
//! nor our client its server.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::command_line::{ARTICLE_CLIENT, ARTICLE_SERVER};
use crate::support::process::{Process, client, start, start_server};

/// The folder of the Go programs, built once; none, told on stderr, where there is no Go.
fn programs() -> Option<&'static PathBuf> {
    static PROGRAMS: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAMS
        .get_or_init(|| {
            if let Err(error) = Command::new("go").arg("version").output() {
                eprintln!("NOT RUN: the Go peer needs `go`: {error}");
                return None;
            }
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers/go/chat");
            let build = Command::new(folder.join("build.sh")).output().unwrap();
            assert!(
                build.status.success(),
                "peers/go/chat/build.sh: {}",
                String::from_utf8_lossy(&build.stderr)
            );
            Some(folder.join("bin"))
        })
        .as_ref()
}

fn go_client(address: &str, style: &str) -> Option<Process> {
    let client = Command::new(programs()?.join("chat-client"));
    Some(start(client, ["-server", address, "-style", style, "-pace", "0.1"]))
}

fn go_server() -> Option<(Process, String)> {
    let server = Command::new(programs()?.join("chat-server"));
    let server = start(server, ["-listen", "127.0.0.1:0", "-pace", "50ms"]);
    let line = server.line();
    let address = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("not ready: {line}"));
    let address = address.to_owned();
    Some((server, address))
}

#[test]
fn the_article_client_prints_the_article_against_our_server() {
    let (server, address) = start_server(&["--listen", "127.0.0.1:0", "--pace", "50ms"]);
    let Some(client) = go_client(&address, "all") else { return };
    let ended = client.end();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stdout, ARTICLE_CLIENT, "{ended:?}");
    for line in ARTICLE_SERVER {
        server.wait_for_log(line);
    }
}

#[test]
fn our_demo_prints_the_article_against_the_article_server() {
    let Some((server, address)) = go_server() else { return };
    let demo = client(&["-s", &address, "demo"], "");
    assert_eq!(demo.code(), Some(0), "{demo:?}");
    let lines: Vec<_> =
        demo.stdout.iter().filter_map(|line| line.strip_prefix("  client  ")).collect();
    assert_eq!(lines, ARTICLE_CLIENT, "{demo:?}");
    for line in ARTICLE_SERVER {
        server.wait_for_log(line);
    }
}

#[test]
fn our_client_speaks_every_style_to_the_article_server() {
    let Some((_server, address)) = go_server() else { return };
    let hello = client(&["-s", &address, "hello"], "");
    assert_eq!(hello.stdout, ["Server: Hello, Ada! Thanks for your message."], "{hello:?}");
    let broadcast = client(&["-s", &address, "broadcast"], "");
    assert_eq!(broadcast.stdout.len(), 4, "{broadcast:?}");
    let upload = client(&["-s", &address, "upload"], "1\n2\n");
    assert_eq!(upload.stdout, ["Server: Finished receiving stream from Ada. Got 2 messages."]);
    let chat = client(&["-s", &address, "chat"], "a\nb\n");
    assert_eq!(chat.stdout, ["Server: Echo: a", "Server: Echo: b"], "{chat:?}");
}

#[test]
fn an_article_server_that_dies_leaves_what_was_received() {
    let Some((server, address)) = go_server() else { return };
    let mut chat = start(crate::support::process::chat_client(), ["-s", &address, "chat"]);
    chat.write_line("one");
    assert_eq!(chat.line(), "Server: Echo: one");
    server.signal("KILL");
    let ended = chat.end();
    assert_eq!(ended.code(), Some(64 + 14), "{ended:?}");
}
