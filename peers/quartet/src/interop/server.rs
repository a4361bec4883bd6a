use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, Args};
use futures::executor::block_on;
use grpcio::{ServerCredentials, ServerCredentialsBuilder};
use quartet::server::{Address, Server};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::service::{LoadReports, TestServer};
use crate::proto::grpc::testing::TestServiceServer;
use crate::proto::xds::service::orca::v3::OpenRcaServiceServer;

/// The flags of gRPC's own interop servers.
#[derive(Debug, Args)]
pub struct ServerOptions {
    /// The port to listen on, on every address of this machine; 0 picks a free one
    #[arg(long, default_value_t = 10000)]
    port: u16,
    /// Serve with TLS
    #[arg(long = "use_tls", action = ArgAction::Set, default_value_t = false)]
    use_tls: bool,
    /// The certificate chain of the server, PEM
    #[arg(long = "tls_cert_file", required_if_eq("use_tls", "true"))]
    cert: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long = "tls_key_file", required_if_eq("use_tls", "true"))]
    key: Option<PathBuf>,
}

/// Serves until a signal.
pub fn serve(options: &ServerOptions) -> ExitCode {
    match try_serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quartet-peer interop-server: {error}");
            ExitCode::from(chat::program::EXIT_ENVIRONMENT)
        }
    }
}

fn try_serve(options: &ServerOptions) -> Result<(), Box<dyn Error>> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let address: Address = format!(":{}", options.port).parse()?;
    let reports = LoadReports::default();
    let server = Server::builder()
        .listen_with(address, credentials(options)?)
        .service(TestServiceServer::new(TestServer::new(reports.clone())))
        .service(OpenRcaServiceServer::new(reports))
        .start()?;
    for address in server.addresses() {
        println!("listening on {address}");
    }
    signals.forever().next();
    block_on(server.drain(Duration::from_secs(1)));
    Ok(())
}

fn credentials(options: &ServerOptions) -> Result<ServerCredentials, Box<dyn Error>> {
    let (true, Some(cert), Some(key)) = (options.use_tls, &options.cert, &options.key) else {
        return Ok(ServerCredentials::insecure());
    };
    let read = |path: &PathBuf| {
        fs::read(path).map_err(|error| format!("can't read {}: {error}", path.display()))
    };
    Ok(ServerCredentialsBuilder::new().add_cert(read(cert)?, read(key)?).build())
}
