//! A worker of gRPC's benchmarks (peers/README.md, "The `bench` contract"): a server and a client
//! of `BenchmarkService`, as a driver asks.

mod benchmark;
mod calls;
mod client;
mod messages;
mod server;
mod tls;
mod worker;

use std::error::Error;
use std::io;
use std::net::Ipv6Addr;
use std::time::Duration;

use connectrpc::{ConnectError, ErrorCode, Router, Server};
use lab_contract::bench::{Options, Refusal, Stage, Tuning};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use worker::Worker;

/// How long calls of drivers may go on when the worker is asked to end.
const GRACE: Duration = Duration::from_secs(1);

/// The largest HTTP/2 frame that is read, tuned.
const LONG_FRAME: u32 = 1 << 20;

/// Serves drivers on a runtime that nothing measured runs on.
#[tokio::main(flavor = "current_thread")]
pub async fn work(options: Options) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let server = Server::bind((Ipv6Addr::UNSPECIFIED, options.driver_port)).await?;
    println!("listening on {}", server.local_addr()?);
    let (worker, quit) = Worker::new(options);
    let ended = async {
        tokio::select! {
            _ = terminate.recv() => {}
            () = quit.notified() => {}
        }
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = server.serve(Router::new().add_service(worker.into())) => served?,
        () = ended => {}
    }
    Ok(())
}

/// Runs what is measured on a runtime of its own.
fn stage(
    name: &str,
    tuning: Tuning,
    main: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Stage> {
    let mut builder = match tuning {
        Tuning::Tuned => Builder::new_current_thread(),
        Tuning::Defaults => Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build()?;
    Stage::start(name, move |stop| runtime.block_on(stop.or(main)))
}

/// The error that a set-up is refused with.
fn refused(refusal: Refusal) -> ConnectError {
    let code = u32::try_from(refusal.code).ok().and_then(ErrorCode::from_grpc_code);
    ConnectError::new(code.unwrap_or(ErrorCode::Unknown), refusal.to_string())
}

fn failed(error: impl Error) -> Refusal {
    Refusal::failed_precondition(error.to_string())
}
