//! What has been used of the clock and of the processors.

use std::fs;
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use tonic::Status;

/// Readings, of which only differences mean something.
pub struct Usage {
    at: Instant,
    user: f64,
    system: f64,
    machine: [u64; 2],
}

/// The differences between two readings: seconds of the process, ticks of the machine.
pub struct Used {
    pub elapsed: f64,
    pub user: f64,
    pub system: f64,
    pub total_ticks: u64,
    pub idle_ticks: u64,
}

impl Usage {
    pub fn now() -> Result<Self, Status> {
        let usage = getrusage(UsageWho::RUSAGE_SELF)
            .map_err(|error| Status::internal(format!("getrusage: {error}")))?;
        Ok(Usage {
            at: Instant::now(),
            user: seconds(usage.user_time()),
            system: seconds(usage.system_time()),
            machine: machine_ticks().unwrap_or_default(),
        })
    }

    /// What has been used since this reading; with `reset`, it is taken again.
    pub fn used(&mut self, reset: bool) -> Result<Used, Status> {
        let now = Usage::now()?;
        let used = Used {
            elapsed: (now.at - self.at).as_secs_f64(),
            user: now.user - self.user,
            system: now.system - self.system,
            total_ticks: now.machine[0].saturating_sub(self.machine[0]),
            idle_ticks: now.machine[1].saturating_sub(self.machine[1]),
        };
        if reset {
            *self = now;
        }
        Ok(used)
    }
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}

/// All ticks of the machine and its idle ones; none where /proc doesn't say.
fn machine_ticks() -> Option<[u64; 2]> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let ticks = stat.lines().next()?.split_ascii_whitespace().skip(1).take(4);
    let ticks: Vec<u64> = ticks.map(str::parse).collect::<Result<_, _>>().ok()?;
    Some([ticks.iter().sum(), *ticks.get(3)?])
}
