use std::error::Error;
use std::process::ExitCode;

use futures::executor::block_on;
use grpcio::{ChannelCredentials, ChannelCredentialsBuilder};
use lab_contract::EXIT_UNSUPPORTED;
use lab_contract::interop::ClientOptions;
use quartet::channel::Channel;

use super::cases::{CASES, UNSUPPORTED};
use crate::proto::grpc::testing::TestServiceClient;

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
}

/// Runs the case.
pub fn run(options: &ClientOptions) -> ExitCode {
    let Some(case) = options.find(CASES, UNSUPPORTED) else {
        return ExitCode::from(EXIT_UNSUPPORTED);
    };
    let channel = match connect(options) {
        Ok(channel) => channel,
        Err(error) => {
            eprintln!("quartet-peer interop-client: {error}");
            return ExitCode::from(chat::program::EXIT_ENVIRONMENT);
        }
    };
    options.end(block_on(case(&Context { channel, options })))
}

fn connect(options: &ClientOptions) -> Result<Channel, Box<dyn Error>> {
    let mut builder = Channel::builder(options.target());
    if options.use_tls {
        let root = options.ca()?;
        builder = builder.credentials(move || credentials(root.clone()));
    }
    if let Some(name) = options.server_name() {
        builder = builder.server_name(name);
    }
    Ok(builder.own_connections(true).build())
}

/// Trusts this root, or else the system's roots.
fn credentials(root: Option<Vec<u8>>) -> ChannelCredentials {
    let builder = ChannelCredentialsBuilder::new();
    root.into_iter().fold(builder, ChannelCredentialsBuilder::root_cert).build()
}
