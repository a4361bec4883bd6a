//! A chat server in a process of its own, looked at from outside.

use std::fs;

use crate::support::process::{Process, start_server};

/// What a server may keep, in KB, of all that was done to it.
const KEPT: i64 = 20_000;

pub struct Child {
    process: Process,
    pub address: String,
}

impl Child {
    pub fn start() -> Self {
        let (process, address) = start_server(&["--listen", "127.0.0.1:0", "-q", "-q"]);
        Child { process, address }
    }

    /// Does this once, and again and again: what was kept of the first time is all that is kept.
    pub fn keeps_nothing(&self, mut of: impl FnMut(&str)) {
        let threads = self.queue_threads();
        of(&self.address);
        let first = resident(&self.process);
        for _ in 0..5 {
            of(&self.address);
        }
        let grown = resident(&self.process) - first;
        assert!(grown < KEPT, "five more rounds cost {grown} KB, on top of {first} KB");
        assert_eq!(self.queue_threads(), threads, "threads that serve completion queues");
    }

    fn queue_threads(&self) -> usize {
        let path = format!("/proc/{}/task", self.process.id());
        let tasks = fs::read_dir(path).expect("the server still runs");
        let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm"));
        let names = tasks.filter_map(|task| name(task.ok()?).ok());
        names.filter(|name| name.starts_with("quartet-server")).count()
    }
}

/// The resident memory of a process, in KB.
pub fn resident(process: &Process) -> i64 {
    let path = format!("/proc/{}/status", process.id());
    let status = fs::read_to_string(path).expect("the server still runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes.and_then(|number| number.parse().ok()).expect("a VmRSS of a number of kB")
}
