use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use grpcio::{
    ChannelBuilder, CompressionLevel, EnvBuilder, ServerBuilder, ServerCredentials,
    ServerCredentialsBuilder,
};
use lab_contract::interop::ServerOptions;

use super::service::{LoadReports, TestServer};
use crate::proto::orca_grpc::create_open_rca_service;
use crate::proto::test_grpc::create_test_service;
use crate::serving;

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
    Ok(match options.identity()? {
        Some([cert, key]) => ServerCredentialsBuilder::new().add_cert(cert, key).build(),
        None => ServerCredentials::insecure(),
    })
}
