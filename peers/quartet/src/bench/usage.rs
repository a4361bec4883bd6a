//! What the process has used since the last reset.

use std::fs;
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::proto::grpc::testing::{ClientStats, ServerStats};

/// A reading of all clocks.
#[derive(Clone, Copy)]
struct Reading {
    at: Instant,
    user: f64,
    system: f64,
    /// Of the machine, in ticks: all of them, and the idle ones.
    machine: (u64, u64),
}

impl Reading {
    fn now() -> Self {
        let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        let usage = getrusage(UsageWho::RUSAGE_SELF).ok();
        Reading {
            at: Instant::now(),
            user: usage.map_or(0.0, |usage| seconds(usage.user_time())),
            system: usage.map_or(0.0, |usage| seconds(usage.system_time())),
            machine: machine().unwrap_or_default(),
        }
    }
}

/// The first line of `/proc/stat`.
fn machine() -> Option<(u64, u64)> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let ticks = stat.lines().next()?.split_ascii_whitespace().skip(1);
    let ticks: Vec<u64> = ticks.map(str::parse).collect::<Result<_, _>>().ok()?;
    // The last two are part of the first two.
    Some((ticks.iter().take(8).sum(), *ticks.get(3)?))
}

/// What was used from the last reset on.
pub struct Usage(Reading);

impl Usage {
    pub fn new() -> Self {
        Usage(Reading::now())
    }

    /// The figures so far; with `reset` they restart from zero.
    pub fn stats(&mut self, reset: bool) -> ServerStats {
        let (from, now) = (self.0, Reading::now());
        if reset {
            self.0 = now;
        }
        ServerStats {
            time_elapsed: (now.at - from.at).as_secs_f64(),
            time_user: now.user - from.user,
            time_system: now.system - from.system,
            total_cpu_time: now.machine.0.saturating_sub(from.machine.0),
            idle_cpu_time: now.machine.1.saturating_sub(from.machine.1),
            ..ServerStats::default()
        }
    }
}

/// Adds them to the figures of a client.
pub fn add(used: &ServerStats, stats: &mut ClientStats) {
    stats.time_elapsed = used.time_elapsed;
    stats.time_user = used.time_user;
    stats.time_system = used.time_system;
}
