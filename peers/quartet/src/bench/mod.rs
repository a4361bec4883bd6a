//! A worker of gRPC's benchmarks (peers/README.md, "The `bench` contract"): a server and a client
//! of `BenchmarkService`, on quartet or on bare grpcio, as a driver asks.

mod bare;
mod histogram;
mod load;
mod pace;
mod quartet_stack;
mod results;
mod session;
mod setup;
mod stub;
mod usage;
mod worker;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures::executor::block_on;
use quartet::CompletionQueues;
use quartet::server::{Address, Server};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::proto::grpc::testing::WorkerServiceServer;
use worker::Worker;

/// The flags of gRPC's own workers, and what to measure.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Example, a worker for grpc-go's or the lab's driver:
  quartet-peer worker --driver_port=10010 --stack=bare --tuning=defaults")]
pub struct Options {
    /// The port to serve the driver on; 0 picks a free one
    #[arg(long = "driver_port")]
    port: u16,
    /// The stack of the benchmark's server and client
    #[arg(long, value_enum, default_value_t = Stack::Quartet)]
    stack: Stack,
    /// How the stack is tuned
    #[arg(long, value_enum, default_value_t = Tuning::Tuned)]
    tuning: Tuning,
    /// The CA certificate that a client with TLS trusts, PEM
    #[arg(long = "ca_file")]
    ca: Option<PathBuf>,
    /// The certificate chain of a server with TLS, PEM
    #[arg(long = "tls_cert_file")]
    cert: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long = "tls_key_file")]
    key: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stack {
    /// quartet
    Quartet,
    /// Bare grpcio
    Bare,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tuning {
    /// As is best for the load
    Tuned,
    /// The defaults that a new user gets
    Defaults,
}

impl Options {
    /// The completion queues of the process. C-core has one poller for all of them, so
    /// that the driver's service on a queue of its own would slow down what is measured.
    fn queues(&self) -> CompletionQueues {
        match (self.stack, self.tuning) {
            // What `EnvBuilder::new` gives.
            (Stack::Bare, Tuning::Defaults) => CompletionQueues::new(cores()),
            (Stack::Quartet, Tuning::Tuned) => CompletionQueues::coalescing(1),
            _ => CompletionQueues::new(1),
        }
    }
}

/// How many cores the process may use.
fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Serves a driver until it, or a signal, ends the worker.
pub fn work(options: &Options) -> ExitCode {
    match try_work(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quartet-peer worker: {error}");
            ExitCode::from(chat::program::EXIT_ENVIRONMENT)
        }
    }
}

fn try_work(options: &Options) -> Result<(), Box<dyn Error>> {
    let (quit, told) = mpsc::channel();
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let address: Address = format!(":{}", options.port).parse()?;
    let queues = options.queues();
    let worker = Worker::new(options.clone(), queues.clone(), quit.clone());
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
