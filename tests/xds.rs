//! `xds:///chat`: three chat servers, a control plane that names them, and a client that calls
//! all the time. Whatever the plane says or does, no call fails.

use std::io;
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use chat::{ChatServiceClient, message};
use futures_executor::block_on;
use quartet::channel::Channel;
use quartet::rpc::Request;
use tempfile::NamedTempFile;

use crate::support::build::{build, folder};
use crate::support::process::{Process, chat_client, start, start_server};

/// Between two calls of the caller.
const PACE: Duration = Duration::from_millis(2);

/// A client comes back to its control plane within 6 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// The endpoints, the plane and the client.
struct Mesh {
    servers: [(Process, String); 3],
    /// None while it is away.
    plane: Option<Process>,
    port: String,
    caller: Process,
    _bootstrap: NamedTempFile,
}

impl Mesh {
    /// With three endpoints that take the calls; none where there is no Python.
    fn start() -> Option<Self> {
        if !build("tests/xds", &["python3", "-c", "import ensurepip, venv"]) {
            return None;
        }
        let servers = [(); 3].map(|()| start_server(&["--listen", "127.0.0.1:0"]));
        let (plane, port) = start_plane("0");
        let bootstrap = bootstrap(&port);
        let caller = start_caller(&bootstrap);
        let mut mesh = Mesh { servers, plane: Some(plane), port, caller, _bootstrap: bootstrap };
        mesh.endpoints(&[(0, ""), (1, ""), (2, "")]);
        mesh.calls_reach(&[0, 1, 2]);
        Some(mesh)
    }

    /// Tells the plane which endpoints there are: servers by number, with a health status.
    fn endpoints(&mut self, endpoints: &[(usize, &str)]) {
        let endpoints: Vec<_> = endpoints
            .iter()
            .map(|(server, health)| format!("{}{health}", self.servers[*server].1))
            .collect();
        self.plane().write_line(&endpoints.join(" "));
    }

    fn plane(&mut self) -> &mut Process {
        self.plane.as_mut().expect("the plane is there")
    }

    /// The plane ends as in a crash.
    fn kill_plane(&mut self) {
        self.plane = None;
    }

    /// Another plane in its place, which knows of no endpoints.
    fn restart_plane(&mut self) {
        self.plane = Some(start_plane(&self.port).0);
    }

    /// Waits until these servers get the calls, in equal parts, and the others none.
    #[track_caller]
    fn calls_reach(&self, servers: &[usize]) {
        let expected = [0, 1, 2].map(|n| if servers.contains(&n) { 60 / servers.len() } else { 0 });
        let limit = Instant::now() + PATIENCE;
        loop {
            let seen = self.next_calls(60);
            let near = |(seen, expected): (&usize, usize)| match expected {
                0 => *seen == 0,
                _ => seen.abs_diff(expected) <= 5,
            };
            if seen.iter().zip(expected).all(near) {
                return;
            }
            assert!(Instant::now() < limit, "of 60 calls expected {expected:?}, saw {seen:?}");
        }
    }

    /// How many of the next calls, of this number or a few more, go to each server.
    #[track_caller]
    fn next_calls(&self, number: usize) -> [usize; 3] {
        let new = || {
            let calls = |line: &String| line.contains("Received Unary message");
            self.servers.each_ref().map(|(server, _)| server.new_log().filter(calls).count())
        };
        new();
        let limit = Instant::now() + PATIENCE;
        let mut seen = [0; 3];
        while seen.iter().sum::<usize>() < number {
            assert!(Instant::now() < limit, "expected {number} calls, saw {seen:?}");
            for (sum, more) in seen.iter_mut().zip(new()) {
                *sum += more;
            }
            thread::yield_now();
        }
        seen
    }

    /// The end: not one of the calls has failed.
    #[track_caller]
    fn no_call_failed(self) {
        let caller = self.caller.end();
        let told = caller.stderr.lines().last().unwrap_or_default();
        assert!(told.ends_with(" calls, 0 failed"), "{}", caller.stderr);
    }
}

fn start_plane(port: &str) -> (Process, String) {
    let folder = folder("tests/xds");
    let mut python = Command::new(folder.join(".venv/bin/python"));
    python.arg(folder.join("plane.py"));
    let plane = start(python, ["--port", port]);
    let line = plane.line();
    let port = line.strip_prefix("ready ").unwrap_or_else(|| panic!("not ready: {line}"));
    let port = port.to_owned();
    (plane, port)
}

/// deploy/xds-bootstrap.json, for a plane on this port.
fn bootstrap(port: &str) -> NamedTempFile {
    let text = std::fs::read_to_string(folder("deploy/xds-bootstrap.json")).unwrap();
    let mut bootstrap: serde_json::Value = serde_json::from_str(&text).unwrap();
    bootstrap["xds_servers"][0]["server_uri"] = format!("127.0.0.1:{port}").into();
    let file = NamedTempFile::new().unwrap();
    serde_json::to_writer(&file, &bootstrap).unwrap();
    file
}

fn start_caller(bootstrap: &NamedTempFile) -> Process {
    let mut tests = Command::new(std::env::current_exe().unwrap());
    tests.env("GRPC_XDS_BOOTSTRAP", bootstrap.path());
    // A proxy would be asked for `chat`.
    for name in ["http_proxy", "https_proxy", "grpc_proxy"] {
        tests.env_remove(name);
    }
    start(tests, ["xds::caller", "--exact", "--ignored", "--nocapture"])
}

/// Calls one after another, until the end of stdin, and says on stderr how that went.
#[test]
#[ignore = "the client of the other tests, in a process of its own as C-core's bootstrap is the process's"]
fn caller() {
    let (stdin, at_the_end) = mpsc::channel::<()>();
    thread::spawn(move || {
        io::stdin().lines().for_each(drop);
        drop(stdin);
    });
    let client = ChatServiceClient::new(Channel::to("xds:///chat"));
    let (mut calls, mut failed) = (0, 0);
    while at_the_end.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
        let mut hello = Request::new(message("Ada", "Hi!"));
        hello.set_timeout(PATIENCE);
        calls += 1;
        if let Err(status) = block_on(client.say_hello(hello)) {
            failed += 1;
            eprintln!("call {calls}: {status}");
        }
    }
    eprintln!("{calls} calls, {failed} failed");
}

#[test]
fn calls_follow_what_the_control_plane_says() {
    let Some(mut mesh) = Mesh::start() else { return };
    mesh.endpoints(&[(0, ""), (1, "")]);
    mesh.calls_reach(&[0, 1]);
    mesh.endpoints(&[(0, ""), (1, ""), (2, "")]);
    mesh.calls_reach(&[0, 1, 2]);
    mesh.endpoints(&[(0, "=DRAINING"), (1, ""), (2, "")]);
    mesh.calls_reach(&[1, 2]);
    mesh.endpoints(&[(0, ""), (1, "=UNHEALTHY"), (2, "=DRAINING")]);
    mesh.calls_reach(&[0]);
    mesh.no_call_failed();
}

#[test]
fn without_its_control_plane_a_client_goes_on_and_comes_back_to_it() {
    let Some(mut mesh) = Mesh::start() else { return };
    mesh.kill_plane();
    mesh.calls_reach(&[0, 1, 2]);
    mesh.restart_plane();
    mesh.endpoints(&[(1, ""), (2, "")]);
    mesh.calls_reach(&[1, 2]);
    mesh.no_call_failed();
}

/// What `ignore_resource_deletion` in the bootstrap is for.
#[test]
fn a_control_plane_that_has_forgotten_everything_takes_nothing_away() {
    let Some(mut mesh) = Mesh::start() else { return };
    mesh.kill_plane();
    mesh.restart_plane();
    while mesh.plane().line() != "ACK Listener 0" {}
    mesh.calls_reach(&[0, 1, 2]);
    mesh.endpoints(&[(2, "")]);
    mesh.calls_reach(&[2]);
    mesh.no_call_failed();
}

#[test]
fn a_client_without_a_bootstrap_says_what_is_missing() {
    let mut command = chat_client();
    command.env_remove("GRPC_XDS_BOOTSTRAP").env_remove("GRPC_XDS_BOOTSTRAP_CONFIG");
    let hello = start(command, ["-s", "xds:///chat", "hello"]).end();
    assert_eq!(hello.code(), Some(64 + 14), "{hello:?}");
    let expected =
        "Environment variables GRPC_XDS_BOOTSTRAP or GRPC_XDS_BOOTSTRAP_CONFIG not defined";
    assert!(hello.stderr.contains(expected), "expected `{expected}`, saw {}", hello.stderr);
}
