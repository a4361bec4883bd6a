use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgAction, Args};
use grpcio::{
    ChannelBuilder, CompressionLevel, EnvBuilder, ServerBuilder, ServerCredentials,
    ServerCredentialsBuilder,
};

use super::service::{LoadReports, TestServer};
use crate::proto::orca_grpc::create_open_rca_service;
use crate::proto::test_grpc::create_test_service;
use crate::serving;

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
pub fn serve(options: &ServerOptions) -> Result<ExitCode, Box<dyn Error>> {
    let environment = Arc::new(EnvBuilder::new().build());
    // All answers are compressed, if the client takes that: a stream can leave out single
    // messages, but not add any. Without gzip's level the core of grpcio 0.13 compresses nothing.
    let arguments = ChannelBuilder::new(environment.clone())
        .default_compression_level(CompressionLevel::GRPC_COMPRESS_LEVEL_LOW)
        .raw_cfg_int(c"grpc.gzip_compression_level".into(), 6)
        .build_args();
    let reports = LoadReports::default();
    let builder = ServerBuilder::new(environment)
        .channel_args(arguments)
        .register_service(create_test_service(TestServer::new(reports.clone())))
        .register_service(create_open_rca_service(reports));
    serving::serve(builder, &format!("[::]:{}", options.port), credentials(options)?)
}

fn credentials(options: &ServerOptions) -> Result<ServerCredentials, String> {
    let (true, Some(cert), Some(key)) = (options.use_tls, &options.cert, &options.key) else {
        return Ok(ServerCredentials::insecure());
    };
    let (cert, key) = (super::read(cert)?, super::read(key)?);
    Ok(ServerCredentialsBuilder::new().add_cert(cert, key).build())
}
