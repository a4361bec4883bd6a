//! A channel: the connections to a target, over which a client makes its calls.

mod connecting;
mod error;
mod idle;
mod proxy;
#[cfg(feature = "_tls")]
mod reconnecting;
mod refused;
mod service_config;
mod target;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use grpcio::{ChannelBuilder as GrpcioBuilder, ChannelCredentials, Environment};

use crate::queues::CompletionQueues;
use crate::rpc::{Client, ClientSettings, Interceptor, Interceptors};
#[cfg(feature = "_tls")]
use crate::tls::{ClientTls, Material};
use crate::transport::{Transport, transport_settings};
use quartet_seam::{self as seam, Owed};

pub use connecting::Backoff;
pub use error::ChannelError;
pub use proxy::HttpProxy;
pub use service_config::{Methods, Retry, ServiceConfig};
pub use target::{InvalidTarget, Target};

use connecting::Connecting;
use idle::Idle;
#[cfg(feature = "_tls")]
use reconnecting::Reconnecting;
use refused::Refused;

/// Builds a channel. Connecting starts with the first call.
#[must_use = "there is no channel before `build`"]
pub struct ChannelBuilder {
    config: Config,
    queues: Option<CompletionQueues>,
    security: Security,
}

/// All that a channel is made of but its credentials, which may be followed by others.
struct Config {
    target: Arc<str>,
    /// What is connected to, which is the target if it is one.
    reached: String,
    is_plaintext: bool,
    transport: Transport,
    interceptors: Interceptors,
    one_reply: Owed,
    server_name: Option<String>,
    own_connections: bool,
    idle_timeout: Option<Duration>,
    connecting: Connecting,
    http_proxy: HttpProxy,
    service_config: ServiceConfig,
}

/// Makes the credentials for each connection to the target.
type Credentials = Arc<dyn Fn() -> ChannelCredentials + Send + Sync>;

enum Security {
    Plaintext,
    Credentials(Credentials),
    #[cfg(feature = "_tls")]
    Tls(ClientTls),
}

impl ChannelBuilder {
    transport_settings!(config.transport, queues);

    /// Connects with grpcio's credentials, such as certificates; without encryption by default.
    /// They are requested once, or with an [`idle_timeout`](Self::idle_timeout) by the first call
    /// and by each that finds the channel idle.
    pub fn credentials(
        mut self,
        credentials: impl Fn() -> ChannelCredentials + Send + Sync + 'static,
    ) -> Self {
        self.security = Security::Credentials(Arc::new(credentials));
        self
    }

    #[cfg(feature = "_tls")]
    /// Connects with TLS; without encryption by default. When its files change, new calls use new
    /// connections, and running ones go on. The channel shares its connections with no other.
    pub fn tls(mut self, tls: &ClientTls) -> Self {
        self.security = Security::Tls(tls.clone());
        self
    }

    /// Adds an interceptor after the existing ones.
    pub fn interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.config.interceptors.push(Arc::new(interceptor));
        self
    }

    /// Whether to detect a server that sends two replies where one is due: within a tenth of a
    /// second its call ends with `UNIMPLEMENTED`. On by default, for about 7 % of the instructions
    /// of a unary call. Otherwise such a call runs into its deadline, if it has one, as C-core
    /// holds its status back.
    pub fn exactly_one_reply(mut self, yes: bool) -> Self {
        self.config.one_reply = if yes { Owed::ExactlyOne } else { Owed::One };
        self
    }

    /// Whether to retry a call that no server has seen because its connection ended (a transparent
    /// retry), or that the service config says to retry. On by default. Without it such a call ends
    /// with `UNAVAILABLE`, and a unary call takes a quarter fewer instructions, as C-core keeps less
    /// state and has fewer filters.
    pub fn retries(mut self, yes: bool) -> Self {
        self.config.connecting.without_retries = !yes;
        self
    }

    /// The name of the server, which its certificate must have, and the authority of the calls; the
    /// name in the target by default.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.config.server_name = Some(name.into());
        self
    }

    /// Whether the channel has its own connections. By default it shares them, and their limit of
    /// concurrent streams, with every other channel in the process that has the same target and
    /// settings.
    pub fn own_connections(mut self, yes: bool) -> Self {
        self.config.own_connections = yes;
        self
    }

    /// How calls find a server among several, and what happens to those that fail. By default all
    /// go to the first server that connects, and fail when it does.
    pub fn service_config(mut self, config: ServiceConfig) -> Self {
        self.config.service_config = config;
        self
    }

    /// The pauses between attempts to connect; [`Backoff::default`] by default.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.config.connecting.backoff = Some(backoff);
        self
    }

    /// How long the channel keeps its connections without a call; the next call opens new ones.
    /// They close between one and two times this long after the last call, unless another channel
    /// shares them. By default they stay until the server closes them.
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.config.idle_timeout = Some(time);
        self
    }

    /// Which targets to reach through the HTTP proxy that the environment names; those on other
    /// machines by default.
    pub fn http_proxy(mut self, proxy: HttpProxy) -> Self {
        self.config.http_proxy = proxy;
        self
    }

    /// How soon a name can be resolved again when a connection is lost; 30 seconds by default.
    /// C-core asks DNS only then, so new replicas are found when servers close connections, which
    /// they do with [`max_connection_age`](crate::server::ServerBuilder::max_connection_age).
    pub fn resolve_at_most_every(mut self, time: Duration) -> Self {
        self.config.connecting.resolve_at_most_every = Some(time);
        self
    }

    /// Creates the channel, as [`try_build`](Self::try_build) does. If the target is invalid, every
    /// call fails at once with `INVALID_ARGUMENT` and the reason.
    ///
    /// # Panics
    /// When a thread can't be started.
    pub fn build(mut self) -> Channel {
        let channel = match self.config.target.parse() {
            Ok(target) => self.connect_to(&target),
            Err(invalid) => {
                self.config.interceptors.insert(0, Arc::new(Refused::of(&invalid)));
                self.connect_to(&Refused::target())
            }
        };
        channel.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Creates the channel, with its own completion queue and thread unless it was given some.
    ///
    /// # Errors
    /// When the target is invalid, or a thread can't be started.
    pub fn try_build(self) -> Result<Channel, ChannelError> {
        let target = self.config.target.parse()?;
        Ok(self.connect_to(&target)?)
    }

    fn connect_to(self, reached: &Target) -> io::Result<Channel> {
        let ChannelBuilder { mut config, queues, security } = self;
        config.reached = reached.to_string();
        config.connecting.without_proxy = !config.http_proxy.is_for(reached);
        let coalesces = config.transport.coalesce_writes;
        let own = || CompletionQueues::named("quartet-client").coalesce_writes(coalesces);
        let queues = queues.map_or_else(|| own().try_build(), Ok)?;
        queues.take_up_to(config.transport.max_receive);
        let (environment, target) = (queues.environment().clone(), config.target.clone());
        // The channels that C-core opens for xDS have its arguments, and credentials of their own.
        config.is_plaintext = matches!(security, Security::Plaintext) && !reached.is_service();
        let config = Arc::new(config);
        let client = match security {
            Security::Plaintext => {
                config.open(&environment, Arc::new(ChannelCredentials::insecure))
            }
            Security::Credentials(credentials) => config.open(&environment, credentials),
            #[cfg(feature = "_tls")]
            Security::Tls(tls) => {
                let open = move |material: &Arc<Material>| {
                    let material = material.clone();
                    config.open(&environment, Arc::new(move || material.channel_credentials()))
                };
                let reconnecting = Reconnecting::new(tls, open);
                Client::reconnecting(move || reconnecting.client())
            }
        };
        Ok(Channel { client, target })
    }
}

impl Config {
    fn open(self: &Arc<Self>, environment: &Arc<Environment>, credentials: Credentials) -> Client {
        let Some(time) = self.idle_timeout else {
            return self.connect(environment, credentials());
        };
        let (config, environment) = (self.clone(), environment.clone());
        let idle = Idle::new(time, move || config.connect(&environment, credentials()));
        Client::reconnecting(move || idle.client())
    }

    fn connect(&self, environment: &Arc<Environment>, credentials: ChannelCredentials) -> Client {
        let builder = GrpcioBuilder::new(environment.clone())
            .default_compression_algorithm(self.transport.compression.by_core())
            .use_local_subchannel_pool(self.own_connections);
        let builder = self.transport.apply(builder, self.transport.max_metadata, self.is_plaintext);
        let mut builder = self.connecting.apply(builder);
        if let Some(config) = self.service_config.to_core() {
            builder = builder.raw_cfg_string(c"grpc.service_config".into(), config);
        }
        if let Some(name) = &self.server_name {
            builder = builder.default_authority(&**name);
            #[cfg(feature = "_tls")]
            {
                builder = builder.override_ssl_target(&**name);
            }
        }
        #[cfg(feature = "_tls")]
        let builder = builder.set_credentials(credentials);
        #[cfg(not(feature = "_tls"))]
        let _ = credentials;
        let channel = builder.connect(&self.reached);
        let settings = ClientSettings {
            environment: environment.clone(),
            target: self.target.clone(),
            interceptors: self.interceptors.clone(),
            one_reply: self.one_reply,
            reuses_timeouts: !seam::TIMEOUTS_ARE_EXACT,
            compression: self.transport.compression,
        };
        Client::over(channel, settings)
    }
}

/// The connections to a target. Clones share them; they close when the last clone, the last client
/// over it and the last call are dropped.
///
/// ```no_run
/// # async fn check() -> Result<(), quartet::rpc::Status> {
/// use quartet::channel::Channel;
/// use quartet::proto::grpc::health::v1::{HealthCheckRequest, HealthClient};
///
/// // Connects when the first call is made.
/// let channel = Channel::to("localhost:50051");
/// let client = HealthClient::new(channel.clone());
/// let response = client.check(HealthCheckRequest::new()).await?;
/// println!("{}", response.into_inner());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Channel {
    client: Client,
    target: Arc<str>,
}

impl Channel {
    /// Starts building a channel. The target is any
    /// [name that C-core knows](https://github.com/grpc/grpc/blob/master/doc/naming.md):
    ///
    /// - `host:port`, `[ipv6]:port` or `dns:///host:port`: every address that DNS has for the host;
    /// - `ipv4:10.0.0.1:50051,10.0.0.2:50051`, `ipv6:[::1]:50051`: these addresses;
    /// - `unix:path`, `unix:///absolute/path`, `unix-abstract:name`: a socket of this machine;
    /// - `xds:///service`: what the control plane named by `GRPC_XDS_BOOTSTRAP` says.
    ///
    /// Of several addresses, the first that connects gets every call, unless
    /// [`ServiceConfig::round_robin`] spreads them.
    pub fn builder(target: impl Into<String>) -> ChannelBuilder {
        ChannelBuilder {
            config: Config {
                target: target.into().into(),
                reached: String::new(),
                is_plaintext: false,
                transport: Transport::of_channel(),
                interceptors: Vec::new(),
                one_reply: Owed::ExactlyOne,
                server_name: None,
                own_connections: false,
                idle_timeout: None,
                connecting: Connecting::default(),
                http_proxy: HttpProxy::default(),
                service_config: ServiceConfig::new(),
            },
            queues: None,
            security: Security::Plaintext,
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
        f.debug_tuple("ChannelBuilder").field(&self.config.target).finish()
    }
}
