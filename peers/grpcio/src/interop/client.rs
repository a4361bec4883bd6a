use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgAction, Args};
use futures::executor::block_on;
use grpcio::{
    Channel, ChannelBuilder, ChannelCredentialsBuilder, CompressionAlgorithms, EnvBuilder,
    Environment,
};

use super::cases::soak::Soak;
use super::cases::{CASES, UNSUPPORTED};
use crate::EXIT_UNSUPPORTED;
use crate::proto::test_grpc::TestServiceClient;

/// The flags of gRPC's own interop clients.
#[derive(Debug, Args)]
pub struct ClientOptions {
    /// The server's host
    #[arg(long = "server_host", default_value = "localhost")]
    host: String,
    /// The server's port
    #[arg(long = "server_port", default_value_t = 10000)]
    port: u16,
    /// The name that the server's certificate is for, and the authority of the calls
    #[arg(long = "server_host_override", default_value = "")]
    host_override: String,
    /// The case to run
    #[arg(long = "test_case", default_value = "large_unary")]
    case: String,
    /// Connect with TLS
    #[arg(long = "use_tls", action = ArgAction::Set, default_value_t = false)]
    use_tls: bool,
    /// Accepted; the authority is that of --ca_file
    #[arg(long = "use_test_ca", action = ArgAction::Set, default_value_t = false)]
    _use_test_ca: bool,
    /// The authority to trust, PEM; the machine's own ones by default
    #[arg(long = "ca_file")]
    ca: Option<PathBuf>,
    /// Accepted
    #[arg(long = "service_config_json", default_value = "")]
    _service_config: String,
    #[command(flatten)]
    soak: Soak,
}

/// What a case is run with.
pub struct Context<'a> {
    environment: Arc<Environment>,
    pub channel: Channel,
    options: &'a ClientOptions,
}

impl<'a> Context<'a> {
    fn new(options: &'a ClientOptions) -> Result<Self, String> {
        let environment = Arc::new(EnvBuilder::new().build());
        let channel = options.connect(ChannelBuilder::new(environment.clone()))?;
        Ok(Context { environment, channel, options })
    }

    pub fn test_service(&self) -> TestServiceClient {
        TestServiceClient::new(self.channel.clone())
    }

    /// A client on a connection of its own.
    pub fn fresh(&self) -> Result<TestServiceClient, String> {
        let channel = self.options.connect(ChannelBuilder::new(self.environment.clone()))?;
        Ok(TestServiceClient::new(channel))
    }

    /// A client that compresses its messages.
    pub fn compressing(&self) -> Result<TestServiceClient, String> {
        // Without a level the core of grpcio 0.13 compresses nothing.
        let builder = ChannelBuilder::new(self.environment.clone())
            .default_compression_algorithm(CompressionAlgorithms::GRPC_COMPRESS_GZIP)
            .raw_cfg_int(c"grpc.gzip_compression_level".into(), 6);
        Ok(TestServiceClient::new(self.options.connect(builder)?))
    }

    pub fn soak(&self) -> &Soak {
        &self.options.soak
    }
}

impl ClientOptions {
    fn connect(&self, builder: ChannelBuilder) -> Result<Channel, String> {
        let mut builder = builder.use_local_subchannel_pool(true);
        if self.use_tls {
            let mut credentials = ChannelCredentialsBuilder::new();
            if let Some(ca) = &self.ca {
                credentials = credentials.root_cert(super::read(ca)?);
            }
            builder = builder.set_credentials(credentials.build());
            if !self.host_override.is_empty() {
                builder = builder.override_ssl_target(self.host_override.as_str());
            }
        }
        Ok(builder.connect(&format!("{}:{}", self.host, self.port)))
    }
}

/// Runs the case.
pub fn run(options: &ClientOptions) -> Result<ExitCode, Box<dyn Error>> {
    let Some((_, case)) = CASES.iter().find(|(name, _)| *name == options.case) else {
        let known = UNSUPPORTED.iter().find(|(name, _)| *name == options.case);
        let why = known.map_or("there is no such case", |(_, why)| why);
        eprintln!("unsupported test case: {}: {why}", options.case);
        return Ok(ExitCode::from(EXIT_UNSUPPORTED));
    };
    let context = Context::new(options)?;
    Ok(match block_on(case(&context)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}: {failure}", options.case);
            ExitCode::FAILURE
        }
    })
}
