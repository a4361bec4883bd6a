//! The chat service on other stacks: their clients can't tell our server from one of their
//! own kind, nor our client their servers.

use std::process::Command;

use crate::command_line::{ARTICLE_CLIENT, ARTICLE_SERVER};
use crate::support::build::{build, folder};
use crate::support::process::{Process, chat_client, client, start, start_server};

/// A folder, and how its programs are started once build.sh has run.
struct Peer {
    folder: &'static str,
    /// A command that succeeds where the toolchain is there.
    needs: &'static [&'static str],
    server: &'static [&'static str],
    client: &'static [&'static str],
}

const PEERS: [Peer; 3] = [
    Peer {
        folder: "peers/go/chat",
        needs: &["go", "version"],
        server: &["bin/chat-server"],
        client: &["bin/chat-client"],
    },
    Peer {
        folder: "peers/tonic/chat",
        needs: &["cargo", "--version"],
        server: &["target/release/chat-server"],
        client: &["target/release/chat-client"],
    },
    Peer {
        folder: "peers/python/chat",
        needs: &["python3", "-c", "import ensurepip, venv"],
        server: &[".venv/bin/python", "server.py"],
        client: &[".venv/bin/python", "client.py"],
    },
];

impl Peer {
    fn build(&self) -> bool {
        build(self.folder, self.needs)
    }

    fn start(&self, program: &[&str], args: &[&str]) -> Process {
        let folder = folder(self.folder);
        let mut command = Command::new(folder.join(program[0]));
        // Python's output would come in blocks.
        command.args(&program[1..]).current_dir(folder).env("PYTHONUNBUFFERED", "1");
        start(command, args)
    }

    fn start_client(&self, args: &[&str]) -> Process {
        self.start(self.client, args)
    }

    fn start_server(&self) -> (Process, String) {
        let server = self.start(self.server, &["--listen", "127.0.0.1:0", "--pace", "50ms"]);
        let line = server.line();
        let address = line.strip_prefix("listening on ").map(str::to_owned);
        (server, address.unwrap_or_else(|| panic!("not ready: {line}")))
    }
}

fn their_client_at_our_server(peer: &Peer) {
    if !peer.build() {
        return;
    }
    let (server, address) = start_server(&["--listen", "127.0.0.1:0", "--pace", "50ms"]);
    let ended = peer.start_client(&["--server", &address, "--style", "all", "--pace", "0.1"]).end();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stdout, ARTICLE_CLIENT, "{ended:?}");
    for line in ARTICLE_SERVER {
        server.wait_for_log(line);
    }
}

/// Compression, deadlines, cancellation, metadata, and that no innocent call is harmed.
fn their_checks_at_our_server(peer: &Peer) {
    if !peer.build() {
        return;
    }
    let (_server, address) = start_server(&["--listen", "127.0.0.1:0", "-q"]);
    let ended = peer.start_client(&["--server", &address, "--check"]).end();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let checks = ["gzip", "deadline", "cancel", "metadata", "bystanders", "drop"];
    assert_eq!(ended.stdout, checks.map(|check| format!("ok {check}")), "{ended:?}");
}

fn our_client_at_their_server(peer: &Peer) {
    if !peer.build() {
        return;
    }
    let (server, address) = peer.start_server();
    let demo = client(&["-s", &address, "demo"], "");
    assert_eq!(demo.code(), Some(0), "{demo:?}");
    let lines: Vec<_> =
        demo.stdout.iter().filter_map(|line| line.strip_prefix("  client  ")).collect();
    assert_eq!(lines, ARTICLE_CLIENT, "{demo:?}");
    for line in ARTICLE_SERVER {
        server.wait_for_log(line);
    }
    let upload = client(&["-s", &address, "upload"], "1\n2\n");
    assert_eq!(upload.stdout, ["Server: Finished receiving stream from Ada. Got 2 messages."]);
    let chat = client(&["-s", &address, "chat"], "a\nb\n");
    assert_eq!(chat.stdout, ["Server: Echo: a", "Server: Echo: b"], "{chat:?}");

    let mut chat = start(chat_client(), ["-s", &address, "chat"]);
    chat.write_line("one");
    assert_eq!(chat.line(), "Server: Echo: one");
    server.signal("KILL");
    let ended = chat.end();
    assert_eq!(ended.code(), Some(64 + 14), "{ended:?}");
}

macro_rules! each_peer {
    ($($name:ident: $peer:expr;)+) => {$(
        mod $name {
            use super::PEERS;

            #[test]
            fn its_client_prints_the_article_against_our_server() {
                super::their_client_at_our_server(&PEERS[$peer]);
            }

            #[test]
            fn its_checks_pass_against_our_server() {
                super::their_checks_at_our_server(&PEERS[$peer]);
            }

            #[test]
            fn our_client_prints_the_article_against_its_server() {
                super::our_client_at_their_server(&PEERS[$peer]);
            }
        }
    )+};
}

each_peer! {
    go: 0;
    tonic: 1;
    python: 2;
}
