//! A worker of gRPC's benchmarks (peers/README.md, "The `bench` contract"): a server and a client
//! of `BenchmarkService`, as a driver asks.

mod client;
mod messages;
mod server;
mod session;
mod worker;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use grpcio::{ChannelBuilder, CompressionAlgorithms, EnvBuilder, ServerBuilder, ServerCredentials};
use lab_contract::bench::{Compression, Options, Refusal, Tuning};

use crate::proto::worker_service_grpc::create_worker_service;
use crate::serving;
use worker::Worker;

/// The largest frame that is read, tuned: for long messages, and without effect on short ones.
const LONG_FRAME: i32 = 1 << 20;

/// Serves a driver until it, or a signal, ends the worker.
pub fn work(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    let environment = Arc::new(EnvBuilder::new().cq_count(1).build());
    // As the lab's other workers: a second one on this port is a mistake.
    let arguments = ChannelBuilder::new(environment.clone()).reuse_port(false).build_args();
    let address = format!("[::]:{}", options.driver_port);
    let builder = ServerBuilder::new(environment)
        .channel_args(arguments)
        .register_service(create_worker_service(Worker::new(options)));
    serving::serve(builder, &address, ServerCredentials::insecure())
}

/// The completion queues of a server or a client that is measured.
fn environment(tuning: Tuning) -> EnvBuilder {
    match tuning {
        Tuning::Tuned => EnvBuilder::new().cq_count(1),
        Tuning::Defaults => EnvBuilder::new(),
    }
}

fn compressing(builder: ChannelBuilder, compression: Compression) -> ChannelBuilder {
    let algorithm = match compression {
        Compression::None => return builder,
        Compression::Deflate => CompressionAlgorithms::GRPC_COMPRESS_DEFLATE,
        Compression::Gzip => CompressionAlgorithms::GRPC_COMPRESS_GZIP,
    };
    // Left alone, C-core takes a level at which nothing is compressed.
    builder
        .default_compression_algorithm(algorithm)
        .raw_cfg_int(c"grpc.gzip_compression_level".into(), 6)
}

fn failed(error: grpcio::Error) -> Refusal {
    Refusal::failed_precondition(error.to_string())
}
