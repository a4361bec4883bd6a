use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, Args};
use futures::executor::block_on;
use grpcio::{ChannelCredentials, ChannelCredentialsBuilder};
use quartet::channel::Channel;

use super::cases::soak::Soak;
use super::cases::{CASES, UNSUPPORTED};
use crate::proto::grpc::testing::TestServiceClient;

/// What a client exits with when it doesn't have a case.
const EXIT_UNSUPPORTED: u8 = 127;

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
    /// Accepted; the CA to trust is that of --ca_file
    #[arg(long = "use_test_ca", action = ArgAction::Set, default_value_t = false)]
    _use_test_ca: bool,
    /// The CA to trust, PEM; the system's CAs by default
    #[arg(long = "ca_file")]
    ca: Option<PathBuf>,
    /// Accepted; load reports come from trailers and from the report stream
    #[arg(long = "service_config_json", default_value = "")]
    _service_config: String,
    #[command(flatten)]
    soak: Soak,
}

/// What a case is run with.
pub struct Context<'a> {
    pub channel: Channel,
    pub options: &'a ClientOptions,
}

impl Context<'_> {
    pub fn test_service(&self) -> TestServiceClient {
        TestServiceClient::new(&self.channel)
    }

    /// A client on a connection of its own.
    pub fn fresh(&self) -> Result<TestServiceClient, Box<dyn Error>> {
        Ok(TestServiceClient::new(connect(self.options)?))
    }

    pub fn soak(&self) -> &Soak {
        &self.options.soak
    }
}

/// Runs the case.
pub fn run(options: &ClientOptions) -> ExitCode {
    let Some((_, case)) = CASES.iter().find(|(name, _)| *name == options.case) else {
        let known = UNSUPPORTED.iter().find(|(name, _)| *name == options.case);
        let why = known.map_or("there is no such case", |(_, why)| why);
        eprintln!("unsupported test case: {}: {why}", options.case);
        return ExitCode::from(EXIT_UNSUPPORTED);
    };
    let channel = match connect(options) {
        Ok(channel) => channel,
        Err(error) => {
            eprintln!("quartet-peer interop-client: {error}");
            return ExitCode::from(chat::program::EXIT_ENVIRONMENT);
        }
    };
    let context = Context { channel, options };
    match block_on(case(&context)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}: {failure}", options.case);
            ExitCode::FAILURE
        }
    }
}

fn connect(options: &ClientOptions) -> Result<Channel, Box<dyn Error>> {
    let mut builder = Channel::builder(format!("{}:{}", options.host, options.port));
    if options.use_tls {
        let root = options.ca.as_deref().map(read).transpose()?;
        builder = builder.credentials(move || credentials(root.clone()));
    }
    if !options.host_override.is_empty() {
        builder = builder.server_name(&options.host_override);
    }
    Ok(builder.own_connections(true).build())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("can't read {}: {error}", path.display()))
}

/// Trusts this root, or else the system's roots.
fn credentials(root: Option<Vec<u8>>) -> ChannelCredentials {
    let builder = ChannelCredentialsBuilder::new();
    root.into_iter().fold(builder, ChannelCredentialsBuilder::root_cert).build()
}
