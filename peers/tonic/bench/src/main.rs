//! A worker of gRPC's benchmarks: a driver has it be servers and clients, and asks for figures.

mod benchmark;
mod client;
mod messages;
mod server;
mod settings;
mod worker;

use std::error::Error;
use std::net::Ipv6Addr;
use std::time::Duration;

use clap::Parser;
use lab_contract::bench::Options;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use testing::worker_service_server::WorkerServiceServer;

/// What is generated from the .proto files.
#[allow(dead_code, clippy::enum_variant_names, clippy::large_enum_variant)]
mod testing {
    tonic::include_proto!("grpc.testing");
}

/// How long calls of drivers may go on when the worker is asked to end.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
}

/// Serves drivers on a runtime that nothing measured runs on.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Args { options } = Args::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let incoming = TcpIncoming::bind((Ipv6Addr::UNSPECIFIED, options.driver_port).into())?
        .with_nodelay(Some(true));
    println!("listening on {}", incoming.local_addr()?);

    let (worker, quit) = worker::Worker::new(options);
    let (end, ended) = oneshot::channel::<()>();
    let serve = Server::builder()
        .add_service(WorkerServiceServer::new(worker))
        .serve_with_incoming_shutdown(incoming, async { ended.await.unwrap_or_default() });
    let ending = async {
        tokio::select! {
            _ = terminate.recv() => {}
            () = quit.notified() => {}
        }
        drop(end);
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serve => served?,
        () = ending => {}
    }
    Ok(())
}
