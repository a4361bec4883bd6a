//! What processes have used up, by the kernel's own account.

use std::fs;
use std::ops::Sub;
use std::process::Command;

/// Of a process, since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Processor time of all threads, in seconds.
    pub cpu: f64,
    /// Context switches of all threads.
    pub switches: f64,
}

/// Bytes of TCP connections, without headers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    /// That the server received.
    pub received: f64,
    /// That the server sent.
    pub sent: f64,
}

impl Usage {
    /// Of a process that is alive; threads that have ended don't count.
    pub fn of(pid: i32) -> Self {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
        let tasks = tasks.filter_map(Result::ok).map(|task| task.path());
        tasks.fold(Self::default(), |sum, task| {
            let read = |name| fs::read_to_string(task.join(name)).unwrap_or_default();
            let nanoseconds = read("schedstat").split(' ').next().and_then(|it| it.parse().ok());
            let status = read("status");
            let switches = ["voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:"];
            Self {
                cpu: sum.cpu + nanoseconds.unwrap_or(0.0) / 1e9,
                switches: sum.switches
                    + switches.iter().filter_map(|name| field(&status, name)).sum::<f64>(),
            }
        })
    }
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { cpu: self.cpu - earlier.cpu, switches: self.switches - earlier.switches }
    }
}

impl Traffic {
    /// Of the connections that are open at a server's port, as `ss` shows.
    pub fn at(port: u16) -> Self {
        let filter = format!("sport = :{port}");
        let output = Command::new("ss").args(["-tinH", "state", "established", &filter]).output();
        let text = output.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
        let text = text.unwrap_or_default();
        let sum = |name: &str| {
            let words = text.split_whitespace().filter_map(|word| word.strip_prefix(name));
            words.filter_map(|number| number.parse::<f64>().ok()).sum()
        };
        Self { received: sum("bytes_received:"), sent: sum("bytes_sent:") }
    }
}

impl Sub for Traffic {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { received: self.received - earlier.received, sent: self.sent - earlier.sent }
    }
}

/// From now on, `peak_memory` counts from what the process holds now.
pub fn reset_peak_memory(pid: i32) {
    // Without the right to do so, the peak is that of the process's whole life.
    fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap_or_default();
}

/// The largest resident set of a process, in MiB.
pub fn peak_memory(pid: i32) -> f64 {
    memory(pid, "VmHWM:")
}

/// The resident set of a process, in MiB.
pub fn resident_memory(pid: i32) -> f64 {
    memory(pid, "VmRSS:")
}

fn memory(pid: i32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    field(&status, name).unwrap_or(0.0) / 1024.0
}

/// The number after a name at a line's beginning.
fn field(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_process_that_works_uses_processor_time() {
        let mut worker = Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let pid = worker.id().cast_signed();
        let (before, deadline) = (Usage::of(pid), Instant::now() + Duration::from_secs(20));
        while (Usage::of(pid) - before).cpu < 0.01 && Instant::now() < deadline {}
        let used = Usage::of(pid) - before;
        let (resident, peak) = (resident_memory(pid), peak_memory(pid));
        worker.kill().unwrap();
        worker.wait().unwrap();
        assert!(used.cpu >= 0.01, "{used:?} of a process that works");
        assert!(resident > 0.1 && peak >= resident, "{resident} MiB, at most {peak}");
    }
}
