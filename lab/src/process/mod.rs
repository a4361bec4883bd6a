//! Child processes: each in a group of its own, watched without polling, and gone when it is
//! dropped, with everything that it started in its group.

mod children;
pub mod guard;
pub mod log_tail;
pub mod ports;
pub mod stop;

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

pub use children::{Children, Launch};

/// A child, with its group.
pub struct Process {
    child: Child,
    group: Pid,
    lines: Receiver<String>,
    waiter: Option<JoinHandle<()>>,
    children: Children,
}

/// What happens next.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// It wrote a line.
    Line(String),
    /// It has ended, and all it wrote has been read.
    End(Ending),
    /// Nothing happened in time.
    Timeout,
}

impl Process {
    /// The next event, waited for until the deadline.
    pub fn next(&mut self, deadline: Instant) -> Event {
        match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => Event::Line(line),
            Err(RecvTimeoutError::Timeout) => Event::Timeout,
            Err(RecvTimeoutError::Disconnected) => Event::End(self.reap()),
        }
    }

    /// Its end, if it comes before the deadline.
    pub fn wait(&mut self, deadline: Instant) -> Option<Ending> {
        loop {
            match self.next(deadline) {
                Event::Line(_) => {}
                Event::End(ending) => return Some(ending),
                Event::Timeout => return None,
            }
        }
    }

    /// The number of the process.
    pub fn pid(&self) -> i32 {
        self.group.as_raw_pid()
    }

    /// Asks it to end, and ends it if it doesn't in time.
    pub fn terminate(mut self, grace: Duration) {
        kill(self.group, Signal::TERM);
        self.wait(Instant::now() + grace);
    }

    /// Kills it, and waits for its end.
    pub fn kill(&mut self) {
        kill(self.group, Signal::KILL);
        self.reap();
    }

    fn reap(&mut self) -> Ending {
        if let Some(waiter) = self.waiter.take() {
            waiter.join().unwrap_or_default();
        }
        let status = self.child.wait();
        self.children.forget(self.group);
        Ending(status.ok())
    }
}

/// Sends a signal to a group. One that is gone already needs none.
fn kill(group: Pid, signal: Signal) {
    kill_process_group(group, signal).unwrap_or_default();
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.waiter.is_some() {
            self.kill();
        }
    }
}

/// How a process ended, as far as the system reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending(Option<ExitStatus>);

impl Ending {
    /// Whether it exited with 0.
    pub fn is_success(&self) -> bool {
        self.code() == Some(0)
    }

    /// Its exit code, unless a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.0?.code()
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code(), self.0.and_then(|status| status.signal())) {
            (Some(code), _) => write!(f, "exit code {code}"),
            (None, Some(signal)) => match signal_hook::low_level::signal_name(signal) {
                Some(name) => f.write_str(name),
                None => write!(f, "signal {signal}"),
            },
            (None, None) => f.write_str("an unknown end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> (Process, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let (stdout, stderr) = (folder.path().join("out"), folder.path().join("err"));
        let command = ["sh", "-c", script].map(String::from);
        let launch =
            Launch { command: &command, folder: folder.path(), stdout: &stdout, stderr: &stderr };
        (Children::default().start_talking(&launch).unwrap(), folder)
    }

    fn is_alive(pid: &str) -> bool {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    }

    /// A killed process takes a moment to be gone.
    fn dies(pid: &str) -> bool {
        let deadline = Instant::now() + SOON;
        while is_alive(pid) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        !is_alive(pid)
    }

    #[test]
    fn lines_come_before_the_end() {
        let (mut process, folder) = shell("echo one; printf two; exit 3");
        let deadline = Instant::now() + SOON;
        assert_eq!(process.next(deadline), Event::Line("one".into()));
        assert_eq!(process.next(deadline), Event::Line("two".into()));
        let Event::End(ending) = process.next(deadline) else { panic!("no end") };
        assert_eq!(ending.to_string(), "exit code 3");
        assert_eq!(fs::read_to_string(folder.path().join("out")).unwrap(), "one\ntwo");
    }

    #[test]
    fn nothing_in_time_is_a_timeout() {
        let (mut process, _folder) = shell("sleep 60");
        assert_eq!(process.next(Instant::now()), Event::Timeout);
        process.kill();
    }

    #[test]
    fn a_signal_has_its_name() {
        let (mut process, _folder) = shell("kill -SEGV $$");
        assert_eq!(process.wait(Instant::now() + SOON).unwrap().to_string(), "SIGSEGV");
    }

    #[test]
    fn what_a_child_leaves_behind_ends_with_it() {
        let (mut process, _folder) = shell("sleep 60 & echo $!");
        let Event::Line(pid) = process.next(Instant::now() + SOON) else { panic!("no line") };
        process.wait(Instant::now() + SOON).expect("the group should end with its leader");
        assert!(dies(&pid));
    }

    #[test]
    fn dropping_ends_the_whole_group() {
        let (mut process, _folder) = shell("trap '' TERM; sleep 60 & echo $!; wait");
        let Event::Line(pid) = process.next(Instant::now() + SOON) else { panic!("no line") };
        assert!(is_alive(&pid));
        drop(process);
        assert!(dies(&pid));
    }

    #[test]
    fn after_the_end_nothing_is_started() {
        let children = Children::default();
        children.end();
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let command = ["true".to_owned()];
        let launch =
            Launch { command: &command, folder: folder.path(), stdout: &log, stderr: &log };
        assert_eq!(children.start(&launch).err(), Some("interrupted".into()));
    }
}
