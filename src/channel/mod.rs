//! A channel: the connections to a target, over which a client makes its calls.

mod renewed;

use std::fmt;
use std::sync::Arc;

use grpcio::{ChannelBuilder as GrpcioBuilder, ChannelCredentials, EnvBuilder, Environment};

use crate::rpc::{Client, Config, Interceptor, Interceptors};
use crate::seam::Owed;
use crate::tls::ClientTls;
use crate::transport::{Transport, transport_settings};

use renewed::Renewed;

/// How a channel is put together. Connecting begins with the first call.
pub struct ChannelBuilder {
    target: String,
    security: Security,
    transport: Transport,
    interceptors: Interceptors,
    one_reply: Owed,
    server_name: Option<String>,
    own_connections: bool,
}

enum Security {
    Credentials(ChannelCredentials),
    Tls(ClientTls),
}

impl ChannelBuilder {
    transport_settings!();

    /// Connects with grpcio's credentials, such as certificates; without encryption by default.
    pub fn credentials(mut self, credentials: ChannelCredentials) -> Self {
        self.security = Security::Credentials(credentials);
        self
    }

    /// Connects with TLS; without encryption by default. When its files have changed, new calls go
    /// over new connections, and those that run go on. The channel shares its connections with
    /// no other.
    pub fn tls(mut self, tls: &ClientTls) -> Self {
        self.security = Security::Tls(tls.clone());
        self
    }

    /// Adds an interceptor, behind those that are there.
    pub fn interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.interceptors.push(Arc::new(interceptor));
        self
    }

    /// Whether a server that sends two replies where it owes one is found out, within a tenth of a
    /// second, and its call ends with `UNIMPLEMENTED`. It is by default, and costs about 7 % of
    /// the instructions of a unary call. Otherwise such a call runs into its deadline, if it has
    /// one, as C-core keeps its status back.
    pub fn exactly_one_reply(mut self, yes: bool) -> Self {
        self.one_reply = if yes { Owed::ExactlyOne } else { Owed::One };
        self
    }

    /// The name of the server: its certificate has to be for it, and it is the authority of the
    /// calls. By default the name in the target is.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Whether the channel has connections of its own. By default it shares them with every
    /// other one in the process whose target and settings are the same, and with them their
    /// limit of concurrent streams.
    pub fn own_connections(mut self, yes: bool) -> Self {
        self.own_connections = yes;
        self
    }

    /// Makes the channel, with a completion queue and a thread of its own.
    pub fn build(self) -> Channel {
        let ChannelBuilder { target, security, transport, .. } = self;
        let environment = EnvBuilder::new()
            .cq_count(1)
            .name_prefix("quartet-client")
            .after_start(move || transport.start_queue_thread())
            .build();
        let target: Arc<str> = target.into();
        let plan = Plan {
            environment: Arc::new(environment),
            target: target.clone(),
            transport,
            interceptors: self.interceptors,
            one_reply: self.one_reply,
            server_name: self.server_name,
            own_connections: self.own_connections,
        };
        let client = match security {
            Security::Credentials(credentials) => plan.connect(credentials),
            Security::Tls(tls) => {
                let renewed = Renewed::new(tls, move |credentials| plan.connect(credentials));
                Client::renewed(move || renewed.client())
            }
        };
        Channel { client, target }
    }
}

/// All that a channel is made of but its credentials, which may be followed by others.
struct Plan {
    environment: Arc<Environment>,
    target: Arc<str>,
    transport: Transport,
    interceptors: Interceptors,
    one_reply: Owed,
    server_name: Option<String>,
    own_connections: bool,
}

impl Plan {
    fn connect(&self, credentials: ChannelCredentials) -> Client {
        let mut builder = self
            .transport
            .apply(GrpcioBuilder::new(self.environment.clone()), self.transport.max_metadata)
            .default_compression_algorithm(self.transport.compression.algorithm())
            .use_local_subchannel_pool(self.own_connections);
        if let Some(name) = &self.server_name {
            builder = builder.default_authority(&**name).override_ssl_target(&**name);
        }
        let channel = builder.set_credentials(credentials).connect(&self.target);
        let config = Config {
            environment: self.environment.clone(),
            target: self.target.clone(),
            interceptors: self.interceptors.clone(),
            one_reply: self.one_reply,
        };
        Client::over(channel, config)
    }
}

/// The way to a target. Clones share its connections, which close when the last clone, the
/// last client over it and the last call are dropped.
#[derive(Clone)]
pub struct Channel {
    client: Client,
    target: Arc<str>,
}

impl Channel {
    /// Starts putting a channel together. The target is `host:port`, `unix:path`, or any
    /// other that C-core knows, such as `dns:///host:port` or `ipv4:1.2.3.4:5,1.2.3.6:7`.
    pub fn builder(target: impl Into<String>) -> ChannelBuilder {
        ChannelBuilder {
            target: target.into(),
            security: Security::Credentials(ChannelCredentials::insecure()),
            transport: Transport::of_channel(),
            interceptors: Vec::new(),
            one_reply: Owed::ExactlyOne,
            server_name: None,
            own_connections: false,
        }
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
        channel.client.clone()
    }
}

impl From<Channel> for Client {
    fn from(channel: Channel) -> Self {
        (&channel).into()
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(&self.target).finish()
    }
}

impl fmt::Debug for ChannelBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChannelBuilder").field(&self.target).finish()
    }
}
