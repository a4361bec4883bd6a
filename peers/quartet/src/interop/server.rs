use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use futures::executor::block_on;
use grpcio::{ServerCredentials, ServerCredentialsBuilder};
use lab_contract::interop::ServerOptions;
use quartet::server::{Address, Server};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::service::{LoadReports, TestServer};
use crate::proto::grpc::testing::TestServiceServer;
use crate::proto::xds::service::orca::v3::OpenRcaServiceServer;

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

fn credentials(options: &ServerOptions) -> Result<ServerCredentials, String> {
    Ok(match options.identity()? {
        Some([cert, key]) => ServerCredentialsBuilder::new().add_cert(cert, key).build(),
        None => ServerCredentials::insecure(),
    })
}
