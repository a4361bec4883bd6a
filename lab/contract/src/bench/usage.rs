//! What the process has used since the last reset.

use std::fs;
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// A reading of all clocks, of which only differences mean something.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    at: Instant,
    user: f64,
    system: f64,
    /// Of the machine, in ticks: all of them, and the idle ones.
    machine: [u64; 2],
}

/// The difference between two readings.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// The wall's time, in seconds.
    pub elapsed: f64,
    /// The process' own, in seconds.
    pub user: f64,
    /// The kernel's for it, in seconds.
    pub system: f64,
    /// All ticks of the machine's cores.
    pub total_ticks: u64,
    /// Those in which they had nothing to do.
    pub idle_ticks: u64,
}

impl Usage {
    /// Reads them. What the system doesn't say is 0.
    pub fn now() -> Self {
        let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        let usage = getrusage(UsageWho::RUSAGE_SELF).ok();
        Usage {
            at: Instant::now(),
            user: usage.map_or(0.0, |usage| seconds(usage.user_time())),
            system: usage.map_or(0.0, |usage| seconds(usage.system_time())),
            machine: machine().unwrap_or_default(),
        }
    }

    /// What has been used since this reading; with `reset` it is taken again.
    pub fn used(&mut self, reset: bool) -> Used {
        let (from, now) = (*self, Usage::now());
        if reset {
            *self = now;
        }
        Used {
            elapsed: (now.at - from.at).as_secs_f64(),
            user: now.user - from.user,
            system: now.system - from.system,
            total_ticks: now.machine[0].saturating_sub(from.machine[0]),
            idle_ticks: now.machine[1].saturating_sub(from.machine[1]),
        }
    }
}

/// The first line of `/proc/stat`.
fn machine() -> Option<[u64; 2]> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let ticks = stat.lines().next()?.split_ascii_whitespace().skip(1);
    let ticks: Vec<u64> = ticks.map(str::parse).collect::<Result<_, _>>().ok()?;
    // The last two are part of the first two.
    Some([ticks.iter().take(8).sum(), *ticks.get(3)?])
}
