//! What is around the programs: streams that are closed or full, a proxy in the environment, too
//! few threads and descriptors.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use crate::support::process::{chat_client, chat_server, client, start, start_server};

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// A pipe that nobody reads any more.
fn closed() -> Stdio {
    io::pipe().unwrap().1.into()
}

/// Runs a client whose stdout and stderr are these, and gives its exit code.
fn code(args: &[&str], stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Option<i32> {
    let mut command = chat_client();
    command.args(args).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
    command.status().unwrap().code()
}

#[test]
fn a_client_that_nobody_reads_ends_with_its_documented_code() {
    let (_server, address) = start_server(&["--listen", "127.0.0.1:0", "--pace", "0"]);
    let nobody = ["-s", "127.0.0.1:1", "hello"];
    for (args, expected) in [
        (&["-s", &address, "hello"][..], 3),
        (&["-s", &address, "-o", "json", "hello"], 3),
        (&["-s", &address, "list"], 3),
        (&["-s", &address, "demo"], 3),
        (&["-s", &address, "call", "chat.ChatService/SayHello"], 3),
        (&nobody, 64 + 14),
        (&["-vv", "-s", "127.0.0.1:1", "hello"], 64 + 14),
        (&["-s", &address, "upload", "/no/such/file"], 3),
        (&["frobnicate"], 2),
        (&["--help"], 3),
        (&["--version"], 3),
    ] {
        assert_eq!(code(args, closed(), closed()), Some(expected), "closed: {args:?}");
        assert_eq!(code(args, full(), full()), Some(expected), "full: {args:?}");
    }
    // With stderr alone, what is printed on stdout is all there.
    assert_eq!(code(&["-s", &address, "hello"], Stdio::null(), closed()), Some(0));
    let mut chat = chat_client();
    chat.args(["-s", &address, "chat"]).stderr(full()).stdin(Stdio::piped());
    let mut chat = chat.stdout(Stdio::piped()).spawn().unwrap();
    io::Write::write_all(&mut chat.stdin.take().unwrap(), b"one\nb\xffd\nlast\n").unwrap();
    let chat = chat.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&chat.stdout), "Server: Echo: one\nServer: Echo: last\n");
    assert_eq!(chat.status.code(), Some(2), "a line was not sent");
}

#[test]
fn a_server_whose_log_nobody_reads_serves_on() {
    for stderr in [Stdio::from(full()), closed()] {
        let mut command = chat_server();
        command.args(["--listen", "127.0.0.1:0", "--log-calls", "-v"]);
        let mut server = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect("it is ready");
        assert_eq!(client(&["-s", address, "hello"], "").code(), Some(0));
        let id = server.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
        assert_eq!(server.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_server_that_can_not_say_that_it_is_ready_ends() {
    let run = |stdout: Stdio, stderr: Stdio| {
        let mut command = chat_server();
        command.args(["--listen", "127.0.0.1:0"]).stdout(stdout).stderr(stderr);
        command.output().unwrap()
    };
    let ended = run(full().into(), Stdio::piped());
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(told.contains("chat-server: can't write to stdout: No space left"), "{told}");
    for both in [[full().into(), full().into()], [closed(), closed()]] {
        let [stdout, stderr] = both;
        assert_eq!(run(stdout, stderr).status.code(), Some(3));
    }
}

/// Listens as a proxy does, and reports the first line of each request; answers nothing else than
/// that it can't.
fn proxy() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut line = String::new();
            let _ = BufReader::new(&stream).read_line(&mut line);
            let _ = io::Write::write_all(&mut stream, b"HTTP/1.1 503 No\r\n\r\n");
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    (url, asked)
}

/// Runs a client with this proxy in one variable of its environment.
fn with_proxy(variable: &str, url: &str, args: &[&str]) -> (Option<i32>, String) {
    let mut command = chat_client();
    for name in ["grpc_proxy", "https_proxy", "http_proxy", "no_grpc_proxy", "no_proxy"] {
        command.env_remove(name);
    }
    let ended = start(
        {
            command.env(variable, url);
            command
        },
        args,
    )
    .end();
    (ended.code(), ended.stderr)
}

#[test]
fn what_is_on_this_machine_is_reached_without_a_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}", folder.path().join("chat.sock").display());
    let (_server, addresses) = start_server(&["--listen", "127.0.0.1:0", "--listen", &socket]);
    let port = addresses.split(' ').next().unwrap().rsplit_once(':').unwrap().1;
    let (url, asked) = proxy();
    for variable in ["grpc_proxy", "https_proxy", "http_proxy"] {
        let (code, stderr) = with_proxy(variable, &url, &["hello"]);
        assert_eq!(code, Some(0), "{variable}, embedded: {stderr}");
    }
    for target in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("dns:///localhost:{port}"),
        format!("ipv4:127.0.0.1:{port}"),
        socket.clone(),
    ] {
        let (code, stderr) = with_proxy("http_proxy", &url, &["-s", &target, "hello"]);
        assert_eq!(code, Some(0), "{target}: {stderr}");
    }
    assert_eq!(asked.try_iter().collect::<Vec<_>>(), [""; 0], "the proxy was asked");
}

#[test]
fn the_proxy_is_asked_for_other_machines_and_for_all_if_it_has_to_be() {
    let (url, asked) = proxy();
    let next = || asked.recv_timeout(Duration::from_secs(10)).expect("the proxy is asked");
    let (code, stderr) = with_proxy("http_proxy", &url, &["-s", "chat.example:50051", "hello"]);
    assert_eq!(code, Some(64 + 14), "{stderr}");
    let line = next();
    assert!(line.starts_with("CONNECT chat.example:50051 HTTP/1."), "{line}");
    let all = ["--http-proxy", "all", "-s", "127.0.0.1:50051", "hello"];
    assert_eq!(with_proxy("grpc_proxy", &url, &all).0, Some(64 + 14));
    let line = next();
    assert!(line.starts_with("CONNECT 127.0.0.1:50051 HTTP/1."), "{line}");
}
