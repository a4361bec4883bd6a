//! A worker of gRPC's benchmarks (peers/README.md, "The `bench` contract"): a server and a client
//! of `BenchmarkService` on quartet, as a driver asks.

mod client;
mod messages;
mod server;
mod session;
mod worker;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use lab_contract::bench::{Options, Refusal};
use quartet::CompletionQueues;
use quartet::rpc::{Code, Status};
use quartet::server::{Address, Server};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::proto::grpc::testing::WorkerServiceServer;
use worker::Worker;

/// The largest frame that is read, tuned: for long messages, and without effect on short ones.
const LONG_FRAME: u32 = 1 << 20;

/// Serves a driver until it, or a signal, ends the worker.
pub fn work(options: Options) -> ExitCode {
    match try_work(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quartet-peer worker: {error}");
            ExitCode::from(chat::program::EXIT_ENVIRONMENT)
        }
    }
}

fn try_work(options: Options) -> Result<(), Box<dyn Error>> {
    let (quit, told) = mpsc::channel();
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let address: Address = format!(":{}", options.driver_port).parse()?;
    // C-core has one poller for all queues of a process, so that the driver's service on one of its
    // own would slow down what is measured.
    let queues = CompletionQueues::builder().busy_poll(busy_poll()?).try_build()?;
    let worker = Worker::new(options, queues.clone(), quit.clone());
    let server = Server::builder()
        .queues(&queues)
        .listen(address)
        .service(WorkerServiceServer::new(worker))
        .start()?;
    for address in server.addresses() {
        println!("listening on {address}");
    }
    thread::spawn(move || signals.forever().next().map(|_| quit.send(())));
    let _ = told.recv();
    block_on(server.drain(Duration::from_secs(1)));
    Ok(())
}

/// What `BUSY_POLL_US` says, for contestants that poll so.
fn busy_poll() -> Result<Duration, Box<dyn Error>> {
    let Ok(text) = env::var("BUSY_POLL_US") else { return Ok(Duration::ZERO) };
    let time = text.parse().map_err(|error| format!("BUSY_POLL_US={text}: {error}"))?;
    Ok(Duration::from_micros(time))
}

/// The status that a set-up is refused with.
fn refused(refusal: Refusal) -> Status {
    Status::new(Code::from(refusal.code), refusal.to_string())
}

fn failed(error: impl Error) -> Status {
    Status::failed_precondition(error.to_string())
}
