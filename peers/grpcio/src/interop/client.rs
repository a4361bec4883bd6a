use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use futures::executor::block_on;
use grpcio::{
    Channel, ChannelBuilder, ChannelCredentialsBuilder, CompressionAlgorithms, EnvBuilder,
    Environment,
};
use lab_contract::EXIT_UNSUPPORTED;
use lab_contract::interop::ClientOptions;

use super::cases::{CASES, UNSUPPORTED};
use crate::proto::test_grpc::TestServiceClient;

/// What a case is run with.
pub struct Context<'a> {
    environment: Arc<Environment>,
    pub channel: Channel,
    pub options: &'a ClientOptions,
}

impl<'a> Context<'a> {
    fn new(options: &'a ClientOptions) -> Result<Self, String> {
        let environment = Arc::new(EnvBuilder::new().build());
        let channel = connect(options, ChannelBuilder::new(environment.clone()))?;
        Ok(Context { environment, channel, options })
    }

    pub fn test_service(&self) -> TestServiceClient {
        TestServiceClient::new(self.channel.clone())
    }

    /// A client on a connection of its own.
    pub fn fresh(&self) -> Result<TestServiceClient, String> {
        let channel = connect(self.options, ChannelBuilder::new(self.environment.clone()))?;
        Ok(TestServiceClient::new(channel))
    }

    /// A client that compresses its messages.
    pub fn compressing(&self) -> Result<TestServiceClient, String> {
        // Without a level the core of grpcio 0.13 compresses nothing.
        let builder = ChannelBuilder::new(self.environment.clone())
            .default_compression_algorithm(CompressionAlgorithms::GRPC_COMPRESS_GZIP)
            .raw_cfg_int(c"grpc.gzip_compression_level".into(), 6);
        Ok(TestServiceClient::new(connect(self.options, builder)?))
    }
}

fn connect(options: &ClientOptions, builder: ChannelBuilder) -> Result<Channel, String> {
    let mut builder = builder.use_local_subchannel_pool(true);
    if options.use_tls {
        let mut credentials = ChannelCredentialsBuilder::new();
        if let Some(ca) = options.ca()? {
            credentials = credentials.root_cert(ca);
        }
        builder = builder.set_credentials(credentials.build());
        if let Some(name) = options.server_name() {
            builder = builder.override_ssl_target(name);
        }
    }
    Ok(builder.connect(&options.target()))
}

/// Runs the case.
pub fn run(options: &ClientOptions) -> Result<ExitCode, Box<dyn Error>> {
    let Some(case) = options.find(CASES, UNSUPPORTED) else {
        return Ok(ExitCode::from(EXIT_UNSUPPORTED));
    };
    let context = Context::new(options)?;
    Ok(options.end(block_on(case(&context))))
}
