//! A server: services, addresses, completion queues, and an orderly end.

mod address;
mod bind;
mod connections;
mod drain;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grpcio::{
    ChannelBuilder, Environment, ResourceQuota, ServerBuilder as GrpcioBuilder, ServerCredentials,
};

use crate::queues::CompletionQueues;
use crate::rpc::{Interceptor, Running, ServerSettings, Service};
use crate::services::{Health, Reflection, Serving};
#[cfg(feature = "_tls")]
use crate::tls::ServerTls;
use crate::transport::{Transport, transport_settings};
use quartet_seam as seam;

pub use address::{Address, InvalidAddress};
pub use bind::BindError;
pub use drain::Drained;

use connections::{Connections, Pings};

/// Builds a server. Nothing is opened before [`start`](Self::start).
#[must_use = "nothing is served before `start`"]
pub struct ServerBuilder {
    addresses: Vec<(Address, ServerCredentials)>,
    /// Whether no address has encryption.
    is_plaintext: bool,
    /// Whether every client certificate that gets through was verified.
    verified: bool,
    services: Vec<Service>,
    health: Option<Health>,
    reflection: Option<Reflection>,
    completion_queues: usize,
    queues: Option<CompletionQueues>,
    connections: Connections,
    drain_delay: Duration,
    memory_quota: Option<usize>,
    transport: Transport,
    settings: ServerSettings,
}

impl ServerBuilder {
    transport_settings!(transport, queues);

    /// Adds an address to listen on, without encryption. A port of 0 picks a free one.
    pub fn listen(self, address: Address) -> Self {
        self.add(address, ServerCredentials::insecure())
    }

    #[cfg(feature = "_tls")]
    /// Adds an address to listen on with TLS, which may be a socket file too.
    pub fn listen_tls(self, address: Address, tls: &ServerTls) -> Self {
        self.listen_with_verified(address, tls.credentials())
    }

    /// Adds an address to listen on with grpcio's own credentials. Whether they verify client
    /// certificates can't be seen, so [`Request::identity`](crate::rpc::Request::identity) is then
    /// empty, at every address of the server.
    pub fn listen_with(self, address: Address, credentials: ServerCredentials) -> Self {
        let mut builder = self.listen_with_verified(address, credentials);
        builder.verified = false;
        builder
    }

    /// The same for credentials that verify every certificate a client presents, as grpcio's
    /// `RequestClientCertificateAndVerify` and `RequestAndRequireClientCertificateAndVerify` do
    /// (those that end with `ButDontVerify` let anybody in under any name).
    pub fn listen_with_verified(self, address: Address, credentials: ServerCredentials) -> Self {
        let mut builder = self.add(address, credentials);
        builder.is_plaintext = false;
        builder
    }

    fn add(mut self, address: Address, credentials: ServerCredentials) -> Self {
        self.addresses.push((address, credentials));
        self
    }

    /// Adds a service.
    pub fn service(mut self, service: impl Into<Service>) -> Self {
        self.services.push(service.into());
        self
    }

    /// Adds the service `grpc.health.v1.Health`. Every service of the server is serving, by its
    /// name, once it starts; [`drain`](Server::drain) first reports that nothing is serving any
    /// more.
    pub fn health(mut self, health: Health) -> Self {
        self.health = Some(health);
        self
    }

    /// Adds the services `grpc.reflection.v1.ServerReflection` and `…v1alpha…`, which list every
    /// service of the server.
    pub fn reflection(mut self, reflection: Reflection) -> Self {
        self.reflection = Some(reflection);
        self
    }

    /// Adds an interceptor after the existing ones. It sees the calls of every service.
    pub fn interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.settings.interceptors.push(Arc::new(interceptor));
        self
    }

    /// How many completion queues, with a thread each, serve the connections; 1 by default and at
    /// least. A connection belongs to one queue. C-core has one poller for the whole process, so a
    /// second queue costs hand-overs and pays off only with a spare core and hundreds of concurrent
    /// calls. No effect on a server with [`queues`](Self::queues).
    pub fn completion_queues(mut self, count: usize) -> Self {
        self.completion_queues = count.max(1);
        self
    }

    /// How many calls may run at once on one connection; 1,000 by default. Further calls wait in
    /// the client.
    pub fn max_concurrent_streams(mut self, count: u32) -> Self {
        self.connections.max_streams = count;
        self
    }

    /// How much memory all connections together may use for what they receive, in bytes; no limit
    /// by default. C-core stays within it by ending calls with `RESOURCE_EXHAUSTED`, and by
    /// accepting no new connections.
    pub fn memory_quota(mut self, bytes: usize) -> Self {
        self.memory_quota = Some(bytes);
        self
    }

    /// How long the end of a call, its last message and its status, may take to reach a caller that
    /// has set no deadline; five minutes by default. A caller that has not received it by then goes
    /// without; one with a deadline, once that has passed.
    pub fn send_timeout(mut self, time: Duration) -> Self {
        self.settings.send_timeout = time;
        self
    }

    /// How long a connection lives, give or take a tenth: then `GOAWAY` makes its client open a new
    /// one, which spreads clients over new replicas. No limit by default
    /// ([gRFC A9](https://github.com/grpc/proposal/blob/master/A9-server-side-conn-mgt.md)).
    pub fn max_connection_age(mut self, age: Duration) -> Self {
        self.connections.max_age = Some(age);
        self
    }

    /// How long calls may go on after that, before they are cut off with the connection; no limit
    /// by default.
    pub fn max_connection_age_grace(mut self, grace: Duration) -> Self {
        self.connections.max_age_grace = Some(grace);
        self
    }

    /// How long a connection may be without a call before it is closed; no limit by default.
    pub fn max_connection_idle(mut self, time: Duration) -> Self {
        self.connections.max_idle = Some(time);
        self
    }

    /// How long a client may take to set up a connection, TLS and HTTP/2 settings included; 20
    /// seconds by default.
    pub fn handshake_timeout(mut self, time: Duration) -> Self {
        self.connections.handshake = time;
        self
    }

    /// How often clients may ping while they have a call and no data is sent to them: once in five
    /// minutes by default, and once in two hours without a call. Two pings too many close the
    /// connection (`GOAWAY`, "too_many_pings").
    pub fn permit_pings(mut self, every: Duration) -> Self {
        self.connections.pings = Some(Pings { every, without_calls: false });
        self
    }

    /// The same for clients with and without a call.
    pub fn permit_pings_without_calls(mut self, every: Duration) -> Self {
        self.connections.pings = Some(Pings { every, without_calls: true });
        self
    }

    /// How long a server that is [draining](Server::drain) still accepts new calls while it reports
    /// that it is not serving: as long as load balancers take to notice. Zero by default; it counts
    /// towards the limit of the drain.
    pub fn drain_delay(mut self, time: Duration) -> Self {
        self.drain_delay = time;
        self
    }

    /// Opens the addresses and starts serving.
    ///
    /// # Errors
    /// When it can't listen on an address (in use, not this machine's, or forbidden), or can't
    /// start threads. Then it serves on none of the addresses.
    pub fn start(self) -> Result<Server, BindError> {
        seam::check();
        log::debug!(
            "C-core {}, up to {} messages of a stream in one operation",
            seam::core_version(),
            crate::largest_bundle()
        );
        let own = || {
            CompletionQueues::named("quartet-server")
                .count(self.completion_queues)
                .coalesce_writes(self.transport.coalesce_writes)
                .try_build()
        };
        let queues = self.queues.clone().map_or_else(own, Ok).map_err(BindError::of_server)?;
        queues.take_up_to(self.transport.max_receive);
        let environment = queues.environment();
        let arguments = self.arguments(environment);
        let mut builder =
            GrpcioBuilder::new(environment.clone()).channel_args(arguments.build_args());
        let Transport { max_metadata, compression, .. } = self.transport;
        let Self { mut services, health, reflection, drain_delay, .. } = self;
        services.extend(health.as_ref().map(|health| health.service().into()));
        if let Some(reflection) = reflection {
            reflection.add_to(&mut services);
        }
        let names: Vec<_> = services.iter().map(Service::name).collect();
        let settings = Arc::new(ServerSettings {
            max_metadata,
            compression,
            verified: self.verified,
            ..self.settings
        });
        let running = settings.running.clone();
        for service in services {
            builder = builder.register_service(service.into_grpcio(&settings));
        }
        let mut inner = builder.build().map_err(BindError::core)?;
        let addresses = self
            .addresses
            .into_iter()
            .map(|(address, credentials)| bind::listen(&mut inner, &address, credentials))
            .collect::<Result<Vec<_>, _>>();
        match addresses {
            Ok(addresses) => {
                if let Some(health) = &health {
                    names.into_iter().for_each(|name| health.set(name, Serving::Serving));
                }
                inner.start();
                Ok(Server { inner: Some(inner), addresses, health, running, drain_delay })
            }
            Err(error) => {
                drain::discard(inner);
                Err(error)
            }
        }
    }

    /// What C-core creates each connection with.
    fn arguments(&self, environment: &Arc<Environment>) -> ChannelBuilder {
        let mut arguments = ChannelBuilder::new(environment.clone())
            // On by default in C-core; a second server on a taken port would start in silence.
            .reuse_port(false)
            // When C-core ends a call at its deadline, it sends the end of the stream several
            // times, which breaks the whole connection of a client on the h2 crate. `rpc`
            // keeps the deadlines instead.
            .raw_cfg_int(c"grpc.enable_deadline_checking".into(), 0);
        if let Some(bytes) = self.memory_quota {
            let quota = ResourceQuota::new(Some("quartet-server")).resize_memory(bytes);
            arguments = arguments.set_resource_quota(quota);
        }
        // A call that C-core itself refuses is ended several times too, so `rpc` refuses what
        // has too much metadata, and C-core only what has far too much.
        let refused_by_core = self.transport.max_metadata.saturating_mul(4);
        let transport = self.transport.apply(arguments, refused_by_core, self.is_plaintext);
        self.connections.apply(transport)
    }
}

/// A running server, until it is [drained](Self::drain) or dropped.
///
/// ```no_run
/// use quartet::server::Server;
/// use quartet::services::Health;
///
/// let server = Server::builder()
///     .listen("127.0.0.1:0".parse()?)
///     .health(Health::new()) // `.service(GreeterServer::new(greeter))` adds one of your own
///     .start()?;
/// println!("listening on {}", server.addresses()[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    inner: Option<grpcio::Server>,
    addresses: Vec<Address>,
    health: Option<Health>,
    running: Running,
    drain_delay: Duration,
}

impl Server {
    /// Starts building a server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            addresses: Vec::new(),
            is_plaintext: true,
            verified: true,
            services: Vec::new(),
            health: None,
            reflection: None,
            completion_queues: 1,
            queues: None,
            connections: Connections::default(),
            drain_delay: Duration::ZERO,
            memory_quota: None,
            transport: Transport::of_server(),
            settings: ServerSettings {
                send_timeout: Duration::from_secs(300),
                ..ServerSettings::default()
            },
        }
    }

    /// The addresses that it listens on, in the order given, with the ports that were picked.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// How many calls are running.
    pub fn running_calls(&self) -> usize {
        self.running.count()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").field("services", &self.services).finish_non_exhaustive()
    }
}
