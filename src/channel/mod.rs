//! A channel: the connections to a target, over which a client makes its calls.

use std::fmt;
use std::sync::Arc;

use grpcio::{ChannelBuilder as GrpcioBuilder, ChannelCredentials, EnvBuilder, Environment};

use crate::rpc::Client;
use crate::seam;

/// How a channel is put together. Connecting begins with the first call.
#[derive(Clone, Debug)]
pub struct ChannelBuilder {
    target: String,
    max_receive: usize,
}

impl ChannelBuilder {
    /// The longest message, in bytes, that is taken from a server; 4 MiB by default, as in
    /// every gRPC implementation. A longer one ends its call with `RESOURCE_EXHAUSTED`.
    pub fn max_receive(mut self, bytes: usize) -> Self {
        self.max_receive = bytes;
        self
    }

    /// Makes the channel, with a completion queue and a thread of its own.
    pub fn build(self) -> Channel {
        let environment = EnvBuilder::new().cq_count(1).name_prefix("quartet-client").build();
        let environment = Arc::new(environment);
        let inner = GrpcioBuilder::new(environment.clone())
            .max_receive_message_len(i32::try_from(self.max_receive).unwrap_or(i32::MAX))
            .raw_cfg_int(seam::NO_HEADER_TABLE.into(), 0)
            .set_credentials(ChannelCredentials::insecure())
            .connect(&self.target);
        Channel { inner, environment, target: self.target.into() }
    }
}

/// The way to a target. Clones share its connections, which close when the last clone, the
/// last client over it and the last call are dropped.
#[derive(Clone)]
pub struct Channel {
    inner: grpcio::Channel,
    environment: Arc<Environment>,
    target: Arc<str>,
}

impl Channel {
    /// Starts putting a channel together. The target is `host:port`, `unix:path`, or any
    /// other that C-core knows, such as `dns:///host:port` or `ipv4:1.2.3.4:5,1.2.3.6:7`.
    pub fn builder(target: impl Into<String>) -> ChannelBuilder {
        ChannelBuilder { target: target.into(), max_receive: 4 << 20 }
    }

    /// A channel with every setting at its default.
    pub fn to(target: impl Into<String>) -> Self {
        Channel::builder(target).build()
    }

    /// The target, as it was given.
    pub fn target(&self) -> &str {
        &self.target
    }
}

impl From<&Channel> for Client {
    fn from(channel: &Channel) -> Self {
        Client::over(channel.inner.clone(), channel.environment.clone())
    }
}

impl From<Channel> for Client {
    fn from(channel: Channel) -> Self {
        Client::over(channel.inner, channel.environment)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(&self.target).finish()
    }
}
