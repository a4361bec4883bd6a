//! The server of gRPC's interop tests.

mod reports;
mod service;
mod trailers;

use std::error::Error;
use std::path::PathBuf;

use clap::{ArgAction, Parser};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tower::util::MapResponseLayer;

use tonic_interop_peer::read_file;
use tonic_interop_peer::testing::test_service_server::TestServiceServer;
use tonic_interop_peer::xds::service::orca::v3::open_rca_service_server::OpenRcaServiceServer;

#[derive(Parser)]
#[command(rename_all = "snake_case")]
struct Args {
    /// Listen on this port; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,

    #[arg(long, action = ArgAction::Set, default_value_t = false)]
    use_tls: bool,

    #[arg(long, required_if_eq("use_tls", "true"))]
    tls_cert_file: Option<PathBuf>,

    #[arg(long, required_if_eq("use_tls", "true"))]
    tls_key_file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut server = Server::builder();
    if let (true, Some(cert), Some(key)) = (args.use_tls, args.tls_cert_file, args.tls_key_file) {
        let cert = read_file("tls_cert_file", &cert);
        let identity = Identity::from_pem(cert, read_file("tls_key_file", &key));
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }

    let listener = TcpListener::bind(("0.0.0.0", args.port)).await?;
    println!("listening on {}", listener.local_addr()?);

    let reports = reports::Reports::default();
    // A server that sends compressed compresses all that a call doesn't exempt.
    let test = TestServiceServer::new(service::Test::new(reports.clone()))
        .accept_compressed(Gzip)
        .send_compressed(Gzip);
    let serve = server
        .layer(MapResponseLayer::new(trailers::send))
        .add_service(test)
        .add_service(OpenRcaServiceServer::new(reports))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
    tokio::select! {
        served = serve => served?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
