//! Too few threads and descriptors: words, not a panic, a hang or a silence.

use std::fs;
use std::iter;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chat::{Message, message};
use quartet::rpc::{Code, Request, Response, blocking};
use tempfile::TempDir;

use crate::support::hello::Hello;
use crate::support::process::{Process, client, start};
use crate::support::{is_bundled_core, run, serve};

/// The programs, where every user can run them.
struct Programs(TempDir);

impl Programs {
    /// None, and said so, where the limit of threads holds for nobody else than this user: only
    /// root can be somebody else.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        if fs::metadata(folder.path()).map(|made| std::os::unix::fs::MetadataExt::uid(&made)).ok()
            != Some(0)
        {
            eprintln!("NOT RUN: only root can run a program as a user without other threads");
            return None;
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let this = std::env::current_exe().unwrap();
        let programs = [env!("CARGO_BIN_EXE_chat-server"), env!("CARGO_BIN_EXE_chat-client")];
        for program in programs.map(Path::new).into_iter().chain([&*this]) {
            fs::copy(program, folder.path().join(program.file_name().unwrap())).unwrap();
        }
        Some(Programs(folder))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A program as a user of its own, who may have so many threads.
    fn with_threads(&self, count: usize, name: &str) -> Command {
        // Each a user who has no other process, for all that can be known.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Relaxed);
        let user = (20_000 + (std::process::id() * 64 + next) % 40_000).to_string();
        let mut command = Command::new("prlimit");
        command
            .arg(format!("--nproc={count}"))
            .args(["setpriv", "--reuid", &user, "--regid", &user]);
        command.args(["--clear-groups", "--"]).arg(self.path(name)).env("USER", "Ada");
        command
    }
}

/// The address of a server that is ready; or none, if it ended in good order and said what is
/// missing.
fn ready_or_refused(
    server: Process,
    what: &str,
    is_lack: fn(&str) -> bool,
) -> Option<(Process, String)> {
    if let Some(line) = server.try_line() {
        let address = line.strip_prefix("listening on ").map(str::to_owned);
        return Some((server, address.unwrap_or_else(|| panic!("{what}: not ready: {line}"))));
    }
    let ended = server.end();
    assert_eq!(ended.code(), Some(3), "{what}: {ended:?}");
    assert!(is_lack(&ended.stderr), "{what}: expected what is missing: {ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{what}: {ended:?}");
    None
}

#[test]
fn with_too_few_threads_a_server_says_so_or_serves_and_drains() {
    let Some(programs) = Programs::new() else { return };
    let mut served = 0;
    for count in (1..=24).chain([40]) {
        let what = format!("{count} threads");
        let server =
            start(programs.with_threads(count, "chat-server"), ["--listen", "127.0.0.1:0"]);
        let Some((server, address)) =
            ready_or_refused(server, &what, |words| words.contains("raise the limit"))
        else {
            continue;
        };
        served += 1;
        let hello = client(&["-s", &address, "--timeout", "10s", "hello"], "");
        assert_eq!(hello.code(), Some(0), "{what}: {hello:?}");
        let late = client(&["-s", &address, "--timeout", "50ms", "broadcast"], "");
        assert_eq!(late.code(), Some(64 + 4), "{what}: {late:?}");
        server.signal("TERM");
        let ended = server.end();
        assert_eq!(ended.code(), Some(0), "{what}: {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{what}: {ended:?}");
    }
    assert!(served > 0, "it serves with none of these numbers of threads");
}

#[test]
fn with_too_few_threads_a_client_says_so_or_calls() {
    let Some(programs) = Programs::new() else { return };
    let mut called = 0;
    for count in (1..=24).chain([40]) {
        let hello = start(programs.with_threads(count, "chat-client"), ["hello"]).end();
        assert!(!hello.stderr.contains("panicked"), "{count} threads: {hello:?}");
        match hello.code() {
            Some(0) => called += 1,
            Some(3) => assert!(hello.stderr.contains("raise the limit"), "{count}: {hello:?}"),
            _ => panic!("{count} threads: {hello:?}"),
        }
    }
    assert!(called > 0, "it calls with none of these numbers of threads");
}

#[test]
fn blocking_work_without_a_thread_is_an_error() {
    let Some(programs) = Programs::new() else { return };
    let this = std::env::current_exe().unwrap();
    let name = this.file_name().unwrap().to_str().unwrap();
    let only = ["scarce::blocks_without_threads", "--exact", "--ignored"];
    let ended = start(programs.with_threads(100, name), only).end();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
}

#[test]
#[ignore = "a process of the test above, which uses up its threads"]
fn blocks_without_threads() {
    let served = serve(Hello(async |request: Request<Message>| {
        let done = match &*request.get_ref().content {
            "block" => blocking(|| "done").await,
            _ => "done",
        };
        Ok(Response::new(message("", done)))
    }));
    let client = served.client();
    let hello = |content| {
        let mut request = Request::new(message("", content));
        request.set_timeout(Duration::from_secs(10));
        run(client.say_hello(request)).map(|reply| reply.into_inner().content)
    };
    assert_eq!(hello("").unwrap(), "done");
    let parked = Parked::all();
    let refused = hello("block").unwrap_err();
    assert_eq!(refused.code(), Code::Internal, "{refused}");
    assert_eq!(hello("").unwrap(), "done");
    drop(parked);
    assert_eq!(hello("block").unwrap(), "done");
}

/// Threads that do nothing: as many as can be started, until this is dropped.
struct Parked {
    over: Option<mpsc::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Parked {
    fn all() -> Self {
        let (over, wait) = mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let park = || {
            let wait = wait.clone();
            let parked = move || drop(wait.lock().map(|wait| wait.recv()));
            thread::Builder::new().spawn(parked).ok()
        };
        Parked { over: Some(over), threads: iter::from_fn(park).collect() }
    }
}

impl Drop for Parked {
    fn drop(&mut self) {
        drop(self.over.take());
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

/// A program that may have so many descriptors.
fn with_descriptors(count: usize, program: &str) -> Command {
    let mut command = Command::new("prlimit");
    // What C-core says at its default is what the log has of it.
    command.arg(format!("--nofile={count}")).arg(program).env("USER", "Ada");
    command.env_remove("GRPC_VERBOSITY");
    command
}

#[test]
fn without_descriptors_a_server_says_once_that_clients_wait_and_serves_on() {
    const MOST: usize = 40;
    let server = with_descriptors(MOST, env!("CARGO_BIN_EXE_chat-server"));
    let server = start(server, ["--listen", "127.0.0.1:0"]);
    let line = server.line();
    let address = line.strip_prefix("listening on ").expect("it is ready");
    let connections: Vec<_> = (0..MOST + 5).map(|_| TcpStream::connect(address).unwrap()).collect();
    let told = "no file descriptor is left";
    let line = server.wait_for_log(told);
    assert!(line.contains("ERROR") && line.contains("ulimit -n"), "{line}");
    drop(connections);
    if !is_bundled_core() {
        // Debian's core takes no connections any more: SECURITY.md says so.
        return;
    }
    let hello = client(&["-s", address, "--timeout", "15s", "hello"], "");
    assert_eq!(hello.code(), Some(0), "{hello:?}");
    // Once more, in the same minute.
    let connections: Vec<_> = (0..MOST + 5).map(|_| TcpStream::connect(address).unwrap()).collect();
    server.signal("TERM");
    let ended = server.end();
    drop(connections);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(!ended.stderr.contains(told), "it is said twice: {ended:?}");
}

/// Whether the words are about descriptors.
fn is_lack(words: &str) -> bool {
    words.contains("ulimit -n")
        || words.contains("Too many open files")
        || words.contains("Error 24")
}

#[test]
fn with_too_few_descriptors_the_programs_say_so_or_work() {
    let mut worked = 0;
    for count in (4..=24).chain([40]) {
        let what = format!("{count} descriptors");
        let hello = start(with_descriptors(count, env!("CARGO_BIN_EXE_chat-client")), ["hello"]);
        let hello = hello.end();
        match hello.code() {
            Some(0) => worked += 1,
            // The loader, before the program, or C-core for the connection.
            Some(127 | 78) => assert!(is_lack(&hello.stderr), "{what}: {hello:?}"),
            // The embedded server could not take the connection.
            Some(68) => assert!(hello.stderr.contains("no file descriptor"), "{what}: {hello:?}"),
            Some(3) => assert!(is_lack(&hello.stderr), "{what}: {hello:?}"),
            _ => panic!("{what}: {hello:?}"),
        }
        let server = with_descriptors(count, env!("CARGO_BIN_EXE_chat-server"));
        let server = start(server, ["--listen", "127.0.0.1:0"]);
        if let Some((server, _)) = ready_or_refused(server, &what, is_lack) {
            server.signal("TERM");
            let ended = server.end();
            assert_eq!(ended.code(), Some(0), "{what}: {ended:?}");
        }
    }
    assert!(worked > 0, "it works with none of these numbers of descriptors");
}
