//! The soak cases: many calls, some at once, and what may go wrong among them.

use std::fmt::Display;
use std::time::{Duration, Instant};

use clap::Args;
use futures::future::join_all;
use futures_timer::Delay;

/// The flags of the soak cases, with their official defaults.
#[derive(Debug, Args)]
pub struct Soak {
    /// How many calls to make
    #[arg(long = "soak_iterations", default_value_t = 10)]
    iterations: usize,
    /// How many of them may fail, or take too long
    #[arg(long = "soak_max_failures", default_value_t = 0)]
    max_failures: usize,
    /// How long a call may take, in milliseconds
    #[arg(long = "soak_per_iteration_max_acceptable_latency_ms", default_value_t = 1000)]
    max_latency_ms: u64,
    /// How long all of them may take together
    #[arg(long = "soak_overall_timeout_seconds", default_value_t = 10)]
    timeout_seconds: u64,
    /// The least time from one call to the next of a thread, in milliseconds
    #[arg(long = "soak_min_time_ms_between_rpcs", default_value_t = 0)]
    min_time_ms: u64,
    /// The size of a request's body
    #[arg(long = "soak_request_size", default_value_t = 271_828)]
    request_size: usize,
    /// The size of an answer's body
    #[arg(long = "soak_response_size", default_value_t = 314_159)]
    response_size: usize,
    /// How many calls to have under way at once
    #[arg(long = "soak_num_threads", default_value_t = 1)]
    threads: usize,
}

impl Soak {
    /// Makes the calls, each with the sizes of its request's and its answer's body.
    ///
    /// # Errors
    /// What was expected of all of them together, and what was seen.
    pub async fn run<E: Display>(
        &self,
        call: impl AsyncFn(usize, usize) -> Result<(), E>,
    ) -> Result<(), String> {
        let threads = self.threads.max(1);
        let end = Instant::now() + Duration::from_secs(self.timeout_seconds);
        let share =
            |thread| self.iterations / threads + usize::from(thread < self.iterations % threads);
        let runs =
            join_all((0..threads).map(|thread| self.repeat(share(thread), end, &call))).await;
        let done: usize = runs.iter().map(|(made, _)| made).sum();
        let failures: Vec<_> = runs.iter().flat_map(|(_, failures)| failures).collect();
        if done < self.iterations {
            let (all, limit) = (self.iterations, self.timeout_seconds);
            return Err(format!("expected {all} calls within {limit} s, saw {done}"));
        }
        if failures.len() > self.max_failures {
            let (count, most) = (failures.len(), self.max_failures);
            return Err(format!("{count} of {done} calls failed, {most} may: {}", failures[0]));
        }
        Ok(())
    }

    /// Makes calls one after the other: how many were made, and what is wrong with some.
    async fn repeat<E: Display>(
        &self,
        count: usize,
        end: Instant,
        call: &impl AsyncFn(usize, usize) -> Result<(), E>,
    ) -> (usize, Vec<String>) {
        let mut failures = Vec::new();
        for made in 0..count {
            let started = Instant::now();
            if started >= end {
                return (made, failures);
            }
            let result = call(self.request_size, self.response_size).await;
            let result = result.map_err(|error| error.to_string());
            failures.extend(result.and_then(|()| self.check_latency(started)).err());
            let pause = Duration::from_millis(self.min_time_ms).saturating_sub(started.elapsed());
            if !pause.is_zero() {
                Delay::new(pause).await;
            }
        }
        (count, failures)
    }

    fn check_latency(&self, started: Instant) -> Result<(), String> {
        let (took, most) = (started.elapsed(), Duration::from_millis(self.max_latency_ms));
        if took > most {
            return Err(format!("expected an answer within {most:?}, saw it after {took:?}"));
        }
        Ok(())
    }
}
