//! What came of a client's calls.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use quartet::rpc::Code;

use super::histogram::{Histogram, Scale};
use crate::proto::grpc::testing::{ClientStats, RequestResultCount};

/// The figures of one channel since the last reset. Its calls end on one thread, which nobody
/// else keeps from counting but a mark.
pub struct Results(Mutex<Figures>);

struct Figures {
    latencies: Histogram,
    failures: BTreeMap<Code, i64>,
}

impl Figures {
    fn new(scale: Scale) -> Self {
        Figures { latencies: Histogram::new(scale), failures: BTreeMap::new() }
    }
}

impl Results {
    pub fn new(scale: Scale) -> Self {
        Results(Mutex::new(Figures::new(scale)))
    }

    /// Counts a call, or a message, that has just come to a good end. The time that it is now.
    pub fn took(&self, since: Instant) -> Instant {
        let now = Instant::now();
        let nanoseconds = (now - since).as_nanos() as f64;
        self.change(|figures| figures.latencies.add(nanoseconds));
        now
    }

    /// Counts a call that has failed.
    pub fn failed(&self, code: Code) {
        self.change(|figures| *figures.failures.entry(code).or_default() += 1);
    }

    fn change<R>(&self, change: impl FnOnce(&mut Figures) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self, scale: Scale, reset: bool) -> Figures {
        let empty = Figures::new(scale);
        self.change(|figures| match reset {
            true => mem::replace(figures, empty),
            false => {
                let (latencies, failures) = (figures.latencies.clone(), figures.failures.clone());
                Figures { latencies, failures }
            }
        })
    }
}

/// The figures of all channels in one; with `reset` they restart from zero.
pub fn collect<'a>(
    results: impl Iterator<Item = &'a Results>,
    scale: Scale,
    reset: bool,
) -> ClientStats {
    let mut all = Figures::new(scale);
    for figures in results.map(|results| results.take(scale, reset)) {
        all.latencies.merge(&figures.latencies);
        for (code, count) in figures.failures {
            *all.failures.entry(code).or_default() += count;
        }
    }
    let good = i64::try_from(all.latencies.count()).unwrap_or(i64::MAX);
    let rows = (good > 0).then_some((Code::Ok, good)).into_iter().chain(all.failures);
    let row = |(code, count)| RequestResultCount {
        status_code: code as i32,
        count,
        ..RequestResultCount::default()
    };
    ClientStats {
        request_results: rows.map(row).collect(),
        latencies: Some(all.latencies.into()).into(),
        ..ClientStats::default()
    }
}
