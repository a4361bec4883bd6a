//! Many calls: one after the other, or all at once.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use tonic_interop_peer::payload;
use tonic_interop_peer::testing::SimpleRequest;

use crate::cases::unary::large_unary;
use crate::cases::{LARGE_REQUEST, LARGE_RESPONSE};
use crate::{Client, Failed, Tested, expect};

#[derive(clap::Args, Clone)]
#[command(rename_all = "snake_case")]
pub struct Soak {
    #[arg(long, default_value_t = 10)]
    soak_iterations: usize,

    #[arg(long, default_value_t = 0)]
    soak_max_failures: usize,

    #[arg(long, default_value_t = 1000)]
    soak_per_iteration_max_acceptable_latency_ms: u64,

    #[arg(long, default_value_t = 10)]
    soak_overall_timeout_seconds: u64,

    #[arg(long, default_value_t = 0)]
    soak_min_time_ms_between_rpcs: u64,

    #[arg(long, default_value_t = LARGE_REQUEST)]
    soak_request_size: usize,

    #[arg(long, default_value_t = LARGE_RESPONSE)]
    soak_response_size: usize,

    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    soak_num_threads: u16,
}

/// Makes the calls; `connect` gives the client of each.
pub async fn soak(soak: &Soak, connect: impl Fn() -> Client + Clone + Send) -> Tested {
    let end = Instant::now() + Duration::from_secs(soak.soak_overall_timeout_seconds);
    let threads = usize::from(soak.soak_num_threads);
    let mut workers = JoinSet::new();
    for worker in 0..threads {
        let iterations = (soak.soak_iterations + worker) / threads;
        let clients: Vec<_> = (0..iterations).map(|_| connect()).collect();
        workers.spawn(work(soak.clone(), clients, end));
    }
    let (mut done, mut failures) = (0, 0);
    for (worker_done, worker_failures) in workers.join_all().await {
        done += worker_done;
        failures += worker_failures;
    }
    expect("iterations in time", soak.soak_iterations, done)?;
    if failures > soak.soak_max_failures {
        let most = soak.soak_max_failures;
        return Err(Failed(format!("failures: expected at most {most}, saw {failures}")));
    }
    Ok(())
}

/// One call with each client: how many were made, and how many failed.
async fn work(soak: Soak, clients: Vec<Client>, end: Instant) -> (usize, usize) {
    let pause = Duration::from_millis(soak.soak_min_time_ms_between_rpcs);
    let (mut done, mut failures) = (0, 0);
    for client in clients {
        if Instant::now() >= end {
            break;
        }
        let next = tokio::time::Instant::now() + pause;
        if let Err(Failed(why)) = iterate(&soak, client).await {
            eprintln!("soak iteration failed: {why}");
            failures += 1;
        }
        done += 1;
        tokio::time::sleep_until(next).await;
    }
    (done, failures)
}

async fn iterate(soak: &Soak, mut client: Client) -> Tested {
    let request = SimpleRequest {
        response_size: soak.soak_response_size as i32,
        payload: payload(soak.soak_request_size),
        ..Default::default()
    };
    let start = Instant::now();
    let response = client.unary_call(request).await?.into_inner();
    let latency = start.elapsed().as_millis();
    let size = response.payload.unwrap_or_default().body.len();
    expect("size of the response", soak.soak_response_size, size)?;
    let most = soak.soak_per_iteration_max_acceptable_latency_ms;
    if latency > most.into() {
        return Err(Failed(format!("latency: expected at most {most} ms, saw {latency} ms")));
    }
    Ok(())
}

pub async fn concurrent_large_unary(client: Client) -> Tested {
    let mut calls = JoinSet::new();
    for _ in 0..1000 {
        calls.spawn(large_unary(client.clone()));
    }
    calls.join_all().await.into_iter().collect()
}
