//! What a client counts.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tonic::{Code, Status};

use crate::histogram::Histogram;
use crate::testing::{HistogramParams, RequestResultCount};

/// As many as there are status codes.
const CODES: usize = Code::Unauthenticated as usize + 1;

/// What one channel counts; its calls may be on several threads.
pub struct Figures(Mutex<Counts>);

#[derive(Clone)]
pub struct Counts {
    pub latencies: Histogram,
    failed: [i64; CODES],
}

impl Figures {
    pub fn new(params: &HistogramParams) -> Result<Self, Status> {
        let counts = Counts { latencies: Histogram::new(params)?, failed: [0; CODES] };
        Ok(Figures(Mutex::new(counts)))
    }

    /// Counts a call that has done what was asked.
    pub fn done(&self, latency: Duration) {
        self.with(|counts| counts.latencies.add(latency.as_nanos() as f64));
    }

    /// Counts a call that has failed. The first one with its code is reported.
    pub fn failed(&self, status: &Status) {
        self.with(|counts| {
            let failed = &mut counts.failed[status.code() as usize];
            *failed += 1;
            if *failed == 1 {
                eprintln!("a call failed: {status}");
            }
        });
    }

    /// What has been counted; with `reset`, it restarts from zero in the same step.
    pub fn read(&self, reset: bool) -> Counts {
        self.with(|counts| {
            let read = counts.clone();
            if reset {
                counts.latencies.clear();
                counts.failed = [0; CODES];
            }
            read
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Counts) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Counts {
    /// A row for each status that was seen.
    pub fn results(&self) -> Vec<RequestResultCount> {
        let mut results = self.failed;
        results[Code::Ok as usize] += self.latencies.count() as i64;
        let rows = results.into_iter().zip(0..).filter(|(count, _)| *count > 0);
        rows.map(|(count, status_code)| RequestResultCount { status_code, count }).collect()
    }

    /// Adds what another channel has counted.
    pub fn merge(mut self, other: Counts) -> Counts {
        self.latencies.merge(&other.latencies);
        for (count, more) in self.failed.iter_mut().zip(other.failed) {
            *count += more;
        }
        self
    }
}
