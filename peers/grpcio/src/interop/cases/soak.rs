use std::time::{Duration, Instant};

use clap::Args;
use futures::future::join_all;
use futures_timer::Delay;

use super::unary::{call, sized};
use crate::interop::client::Context;
use crate::interop::failure::{Checked, Failure};
use crate::proto::test_grpc::TestServiceClient;

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

/// Many calls on one channel.
pub async fn rpc_soak(context: &Context<'_>) -> Checked {
    soak(context, || Ok(context.test_service())).await
}

/// Many calls, each on a channel of its own.
pub async fn channel_soak(context: &Context<'_>) -> Checked {
    let fresh = || context.fresh().map_err(Failure::from);
    soak(context, fresh).await
}

async fn soak(
    context: &Context<'_>,
    client: impl Fn() -> Result<TestServiceClient, Failure>,
) -> Checked {
    let soak = context.soak();
    let threads = soak.threads.max(1);
    let end = Instant::now() + Duration::from_secs(soak.timeout_seconds);
    let share =
        |thread| soak.iterations / threads + usize::from(thread < soak.iterations % threads);
    let runs = join_all((0..threads).map(|thread| soak.repeat(share(thread), end, &client))).await;
    let mut failures = Vec::new();
    let mut done = 0;
    for (made, failed) in runs {
        done += made;
        failures.extend(failed);
    }
    if done < soak.iterations {
        let (all, limit) = (soak.iterations, soak.timeout_seconds);
        return Err(format!("expected {all} calls within {limit} s, saw {done}").into());
    }
    if failures.len() > soak.max_failures {
        let (count, most) = (failures.len(), soak.max_failures);
        return Err(format!("{count} of {done} calls failed, {most} may: {}", failures[0]).into());
    }
    Ok(())
}

impl Soak {
    /// Makes calls one after the other: how many were made, and what is wrong with some.
    async fn repeat(
        &self,
        count: usize,
        end: Instant,
        client: impl Fn() -> Result<TestServiceClient, Failure>,
    ) -> (usize, Vec<Failure>) {
        let mut failures = Vec::new();
        for made in 0..count {
            let started = Instant::now();
            if started >= end {
                return (made, failures);
            }
            failures.extend(self.once(&client).await.err());
            let pause = Duration::from_millis(self.min_time_ms).saturating_sub(started.elapsed());
            if !pause.is_zero() {
                Delay::new(pause).await;
            }
        }
        (count, failures)
    }

    async fn once(&self, client: impl Fn() -> Result<TestServiceClient, Failure>) -> Checked {
        let started = Instant::now();
        call(&client()?, sized(self.request_size, self.response_size)).await?;
        let (took, most) = (started.elapsed(), Duration::from_millis(self.max_latency_ms));
        if took > most {
            return Err(format!("expected an answer within {most:?}, saw it after {took:?}").into());
        }
        Ok(())
    }
}
