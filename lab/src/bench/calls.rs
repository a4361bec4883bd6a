//! A sample of workers that call workers.

use std::thread;
use std::time::{Duration, Instant};

use super::figure::Figure;
use super::histogram::Histogram;
use super::messages::stats::ClientStats;
use super::record::{Readings, Unmeasured};
use super::usage::{self, Traffic, Usage};
use super::worker::{Calling, Serving, Worker};
use super::workload::Calls;

/// How long the rate is looked at, at a time.
const SLICE: Duration = Duration::from_millis(100);

/// This many slices, and as many before them, decide whether the rate is steady.
const STILL: usize = 3;

/// It holds still if the two differ by no more than this.
const TOLERANCE: f64 = 0.05;

/// A rate that never holds still is measured all the same, after this time.
const LONGEST_WARM_UP: Duration = Duration::from_secs(3);

/// A call whose answer was not what was asked for, in the contract of our workers: DATA_LOSS.
const WRONG: i32 = 15;

/// What a sample is taken of.
pub struct Setup<'a> {
    /// The worker that calls.
    pub client: &'a Worker,
    /// The worker that serves.
    pub server: &'a Worker,
    /// The server.
    pub serving: &'a mut Serving,
    /// Where the client connects to.
    pub target: String,
    /// Whether that is a relay before the server.
    pub is_relayed: bool,
    /// Calls a second, in the open loop.
    pub offered: Option<f64>,
}

/// What a client did, all slices together.
#[derive(Default)]
struct Totals {
    calls: u64,
    errors: u64,
    wrong: u64,
    seconds: f64,
    /// By the client's own account, in seconds.
    cpu: f64,
    latency: Histogram,
    series: Vec<f64>,
}

/// Measures for so long, once the rate holds still. Wrong answers are an error.
pub fn sample(calls: &Calls, setup: Setup<'_>, length: Duration) -> Result<Readings, Unmeasured> {
    let Setup { client, server, serving, target, is_relayed, offered } = setup;
    let mut calling =
        client.call(calls, &target, offered).map_err(|error| format!("client: {error}"))?;
    let warm_up = warm_up(&mut calling).map_err(|error| format!("client: {error}"))?;
    let workers = [client, server];
    workers.iter().filter_map(|it| it.pid()).for_each(usage::reset_peak_memory);
    serving.mark()?;
    let (before, traffic) = (workers.map(Worker::usage), Traffic::at(serving.port));
    let totals = run(&mut calling, length).map_err(|error| format!("client: {error}"))?;
    let (after, traffic) = (workers.map(Worker::usage), Traffic::at(serving.port) - traffic);
    let stats = serving.mark()?;
    calling.finish().map_err(|error| format!("client: {error}"))?;
    totals.check()?;

    let mut readings = totals.readings();
    readings.warm_up = Some(warm_up.as_secs_f64());
    let own = [totals.cpu, stats.time_user + stats.time_system];
    for (place, [cpu, switches, memory]) in COSTS.into_iter().enumerate() {
        // Of a worker on another machine there is only its own account.
        let used = before[place].zip(after[place]).map(|(before, after)| after - before);
        let used = used.unwrap_or(Usage { cpu: own[place], switches: f64::NAN });
        readings.put(cpu, Some(used.cpu * 1e6 / totals.calls as f64));
        readings.put(switches, Some(used.switches / totals.calls as f64));
        readings.put(memory, workers[place].pid().map(usage::peak_memory));
    }
    if server.pid().is_some() && !is_relayed {
        readings.put(Figure::BytesSent, Some(traffic.received / totals.calls as f64));
        readings.put(Figure::BytesReceived, Some(traffic.sent / totals.calls as f64));
    }
    Ok(readings)
}

/// What is reported about the client and the server.
const COSTS: [[Figure; 3]; 2] = [
    [Figure::ClientCpu, Figure::ClientSwitches, Figure::ClientMemory],
    [Figure::ServerCpu, Figure::ServerSwitches, Figure::ServerMemory],
];

/// Waits until the rate is steady, and returns how long that took.
fn warm_up(calling: &mut Calling) -> Result<Duration, String> {
    let began = Instant::now();
    let mut calls = Vec::new();
    while began.elapsed() < LONGEST_WARM_UP {
        thread::sleep(SLICE);
        let stats = calling.mark()?;
        calls.push(stats.latencies.count / stats.time_elapsed.max(SLICE.as_secs_f64()));
        if holds_still(&calls) {
            break;
        }
    }
    Ok(began.elapsed())
}

/// Whether the last slices are like those before them, within what counting itself allows.
fn holds_still(rates: &[f64]) -> bool {
    let Some(last) = rates.len().checked_sub(2 * STILL).map(|start| &rates[start..]) else {
        return false;
    };
    let [before, now] = [&last[..STILL], &last[STILL..]].map(|it| it.iter().sum::<f64>());
    let counted = before.min(now) * SLICE.as_secs_f64();
    let tolerance = TOLERANCE.max(2.0 / counted.sqrt());
    counted > 0.0 && (now / before - 1.0).abs() <= tolerance
}

/// Lets the client call for so long.
fn run(calling: &mut Calling, length: Duration) -> Result<Totals, String> {
    calling.mark()?;
    let (began, mut totals) = (Instant::now(), Totals::default());
    let slices = (length.as_secs_f64() / SLICE.as_secs_f64()).ceil().max(1.0) as u32;
    for slice in 1..=slices {
        thread::sleep((SLICE * slice).saturating_sub(began.elapsed()));
        totals.add(&calling.mark()?);
    }
    Ok(totals)
}

impl Totals {
    fn add(&mut self, stats: &ClientStats) {
        let latency = Histogram::of_buckets(&stats.latencies.bucket);
        let failed = stats.request_results.iter().filter(|it| it.status_code != 0);
        for result in failed {
            let count = u64::try_from(result.count).unwrap_or(0);
            let of_kind = match result.status_code {
                WRONG => &mut self.wrong,
                _ => &mut self.errors,
            };
            *of_kind += count;
        }
        self.calls += latency.count();
        self.seconds += stats.time_elapsed;
        self.cpu += stats.time_user + stats.time_system;
        self.series.push(latency.count() as f64 / stats.time_elapsed.max(f64::MIN_POSITIVE));
        self.latency.add(&latency);
    }

    /// Whether its figures say anything.
    fn check(&self) -> Result<(), Unmeasured> {
        let Self { calls, errors, wrong, seconds, .. } = self;
        if *wrong > 0 {
            Err(Unmeasured::Wrong { wrong: *wrong, all: calls + wrong })
        } else if *calls == 0 {
            Err(format!("no call ended well in {seconds:.1} s, {errors} failed").into())
        } else {
            Ok(())
        }
    }

    fn readings(&self) -> Readings {
        let mut readings = Readings::default();
        readings.put(Figure::Rate, Some(self.calls as f64 / self.seconds));
        readings.put(Figure::Errors, Some(self.errors as f64));
        for (figure, share) in [(Figure::P50, 0.5), (Figure::P99, 0.99), (Figure::P999, 0.999)] {
            readings.put(figure, self.latency.quantile(share).map(|it| it / 1e3));
        }
        readings.latency = self.latency.clone();
        readings.series.clone_from(&self.series);
        readings
    }
}

impl Readings {
    /// Notes a figure, if it is known.
    pub fn put(&mut self, figure: Figure, value: Option<f64>) {
        self.figures.extend(value.filter(|it| it.is_finite()).map(|value| (figure, value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_holds_still_when_it_no_longer_climbs() {
        let climbing = [100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0];
        assert!(!holds_still(&climbing));
        assert!(!holds_still(&[5000.0; 5]), "too short to tell");
        assert!(holds_still(&[100.0, 5e4, 5.1e4, 4.9e4, 5e4, 5.1e4, 5e4]));
        assert!(!holds_still(&[0.0; 6]), "nothing has been called");
    }

    #[test]
    fn a_slow_rate_may_vary_as_counting_does() {
        assert!(holds_still(&[10.0, 10.0, 20.0, 10.0, 10.0, 10.0]));
    }
}
