//! Child processes that a test starts, reads, signals, and never leaves behind.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

pub fn chat_server() -> Command {
    Command::new(env!("CARGO_BIN_EXE_chat-server"))
}

pub fn chat_client() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-client"));
    command.env("USER", "Ada");
    command
}

/// A running child, whose output is read line by line; killed when it is dropped.
pub struct Process {
    child: Child,
    name: String,
    pub stdin: Option<ChildStdin>,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

/// What a child that has ended left.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<String>,
    pub stderr: String,
}

impl Ended {
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

pub fn start(mut command: Command, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Process {
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let name = format!("{command:?}");
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
    let stdout = lines(child.stdout.take().unwrap());
    let stderr = lines(child.stderr.take().unwrap());
    Process { stdin: child.stdin.take(), stdout, stderr, child, name }
}

fn lines(source: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Starts a server, waits until it says that it is ready, and gives its addresses.
pub fn start_server(args: &[&str]) -> (Process, String) {
    start_server_with(args)
}

/// The same, with arguments of any kind.
pub fn start_server_with(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> (Process, String) {
    let server = start(chat_server(), args);
    let line = server.line();
    let addresses =
        line.strip_prefix("listening on ").unwrap_or_else(|| panic!("not ready: {line}"));
    let addresses = addresses.to_owned();
    (server, addresses)
}

/// Runs the client to its end, with this input.
pub fn client(args: &[&str], input: impl Into<Vec<u8>>) -> Ended {
    let mut client = start(chat_client(), args);
    client.feed(input.into());
    client.end()
}

impl Process {
    /// Writes to the child's stdin, on a thread, and closes it.
    pub fn feed(&mut self, input: Vec<u8>) {
        let mut stdin = self.stdin.take().unwrap();
        thread::spawn(move || {
            // The child may end before it has read everything.
            let _ = stdin.write_all(&input);
        });
    }

    pub fn write_line(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next line of stdout, or none if it has ended.
    pub fn try_line(&self) -> Option<String> {
        self.next(&self.stdout, "stdout")
    }

    /// The next line of stdout.
    pub fn line(&self) -> String {
        self.next(&self.stdout, "stdout").unwrap_or_else(|| {
            let told: Vec<_> = self.stderr.try_iter().collect();
            panic!("{}: stdout ended; stderr: {told:#?}", self.name)
        })
    }

    /// Reads stderr up to a line that contains this text.
    pub fn wait_for_log(&self, text: &str) -> String {
        let mut seen = Vec::new();
        while let Some(line) = self.next(&self.stderr, "stderr") {
            if line.contains(text) {
                return line;
            }
            seen.push(line);
        }
        panic!("{}: expected `{text}` on stderr, saw {seen:#?}", self.name)
    }

    /// The lines of stderr that have come since it was last read.
    pub fn new_log(&self) -> impl Iterator<Item = String> {
        self.stderr.try_iter()
    }

    fn next(&self, lines: &Receiver<String>, what: &str) -> Option<String> {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                panic!("{}: nothing on {what} for {PATIENCE:?}", self.name)
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(status.success(), "kill -s {name} {id}: {status}");
    }

    /// Waits for the end, and gives the rest of the output.
    pub fn end(mut self) -> Ended {
        self.stdin = None;
        let limit = Instant::now() + PATIENCE;
        let mut stdout = Vec::new();
        while let Some(line) = self.next(&self.stdout, "stdout") {
            stdout.push(line);
        }
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > limit => panic!("{} does not end", self.name),
                None => thread::yield_now(),
            }
        };
        let stderr = self.stderr.iter().collect::<Vec<_>>().join("\n");
        Ended { status, stdout, stderr }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
