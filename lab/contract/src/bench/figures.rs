//! What a client counts.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::histogram::{Histogram, Scale};

/// The figures of one channel since the last reset. Its calls end on few threads, which hardly
/// anybody else keeps from counting but a mark.
#[derive(Debug)]
pub struct Figures(Mutex<Counts>);

/// What has been counted.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Of the calls, or messages, that have come to a good end: in nanoseconds.
    pub latencies: Histogram,
    /// How many others there are, by the code of their status.
    failures: BTreeMap<i32, i64>,
}

impl Figures {
    /// Nothing has been counted.
    pub fn new(scale: Scale) -> Self {
        Figures(Mutex::new(Counts::new(scale)))
    }

    /// Counts a call, or a message, that has just come to a good end. The time that it is now.
    pub fn took(&self, since: Instant) -> Instant {
        let now = Instant::now();
        self.change(|counts| counts.latencies.add(nanoseconds(now - since)));
        now
    }

    /// Counts a call that has failed, by the code of its status. Whether it is the first such one.
    pub fn failed(&self, code: i32) -> bool {
        self.change(|counts| {
            let failures = counts.failures.entry(code).or_default();
            *failures += 1;
            *failures == 1
        })
    }

    fn take(&self, scale: Scale, reset: bool) -> Counts {
        let empty = Counts::new(scale);
        self.change(|counts| match reset {
            true => mem::replace(counts, empty),
            false => counts.clone(),
        })
    }

    fn change<R>(&self, change: impl FnOnce(&mut Counts) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_nanos() as f64
}

impl Counts {
    fn new(scale: Scale) -> Self {
        Counts { latencies: Histogram::new(scale), failures: BTreeMap::new() }
    }

    /// Those of all channels; with `reset` each restarts from zero in the same step.
    pub fn of<'a>(
        channels: impl IntoIterator<Item = &'a Figures>,
        scale: Scale,
        reset: bool,
    ) -> Self {
        let mut all = Counts::new(scale);
        for counts in channels.into_iter().map(|figures| figures.take(scale, reset)) {
            all.latencies.merge(&counts.latencies);
            for (code, count) in counts.failures {
                *all.failures.entry(code).or_default() += count;
            }
        }
        all
    }

    /// How many calls ended with each status that was seen.
    pub fn results(&self) -> impl Iterator<Item = (i32, i64)> {
        let good = i64::try_from(self.latencies.count()).unwrap_or(i64::MAX);
        let good = (good > 0).then_some((0, good));
        good.into_iter().chain(self.failures.iter().map(|(code, count)| (*code, *count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_takes_the_figures_of_all_channels() {
        let scale = Scale::new(0.01, 60e9).unwrap();
        let channels = [Figures::new(scale), Figures::new(scale)];
        channels[0].took(Instant::now());
        assert!(channels[1].failed(14));
        assert!(!channels[1].failed(14));
        let counts = |reset| Counts::of(&channels, scale, reset).results().collect::<Vec<_>>();
        assert_eq!(counts(false), [(0, 1), (14, 2)]);
        assert_eq!(counts(true), [(0, 1), (14, 2)]);
        assert_eq!(counts(false), []);
    }
}
