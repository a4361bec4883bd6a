//! A server: services, addresses, completion queues, and an orderly end.

mod address;
mod bind;
mod drain;

use std::fmt;
use std::sync::Arc;

use grpcio::{
    ChannelBuilder, EnvBuilder, ResourceQuota, ServerBuilder as GrpcioBuilder, ServerCredentials,
};

use crate::rpc::{Interceptor, Service, Terms};
use crate::seam;
use crate::services::{Health, Reflection, Serving};
use crate::transport::{Transport, transport_settings};

pub use address::{Address, InvalidAddress};
pub use bind::BindError;
pub use drain::Drained;

/// How a server is put together. Nothing is opened before [`start`](Self::start).
pub struct ServerBuilder {
    addresses: Vec<(Address, ServerCredentials)>,
    services: Vec<Service>,
    health: Option<Health>,
    reflection: Option<Reflection>,
    completion_queues: usize,
    max_concurrent_streams: u32,
    memory_quota: Option<usize>,
    transport: Transport,
    terms: Terms,
}

impl ServerBuilder {
    transport_settings!();

    /// Adds an address to listen on, without encryption. A port of 0 picks a free one.
    pub fn listen(self, address: Address) -> Self {
        self.listen_with(address, ServerCredentials::insecure())
    }

    /// Adds an address to listen on with grpcio's credentials, such as certificates.
    pub fn listen_with(mut self, address: Address, credentials: ServerCredentials) -> Self {
        self.addresses.push((address, credentials));
        self
    }

    /// Adds a service.
    pub fn service(mut self, service: impl Into<Service>) -> Self {
        self.services.push(service.into());
        self
    }

    /// Adds the service `grpc.health.v1.Health`. Every service of the server is serving, by its
    /// name, once it starts; [`drain`](Server::drain) says first that nothing is any more.
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

    /// Adds an interceptor, behind those that are there. It sees the calls of every service.
    pub fn interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.terms.interceptors.push(Arc::new(interceptor));
        self
    }

    /// Whether a client that sends two requests, or none, where the method takes one is found
    /// out, and its call ends with `UNIMPLEMENTED`; otherwise the second is not looked at. Off
    /// by default, as every such call then waits for the client's half-close, and is read as a
    /// stream, which costs about 6 % of the unary calls per second.
    pub fn exactly_one_request(mut self, yes: bool) -> Self {
        self.terms.exactly_one_request = yes;
        self
    }

    /// How many completion queues, with a thread each, serve the connections; 1 by default
    /// and at least. A connection belongs to one queue. C-core has one poller for the whole
    /// process, so a second queue costs hand-overs and pays only with a core to spare and
    /// some hundred calls at once.
    pub fn completion_queues(mut self, count: usize) -> Self {
        self.completion_queues = count.max(1);
        self
    }

    /// How many calls may run at once on one connection; 1,000 by default. Those over it wait
    /// in the client.
    pub fn max_concurrent_streams(mut self, count: u32) -> Self {
        self.max_concurrent_streams = count;
        self
    }

    /// How much memory all connections together may take for what they receive, in bytes; no
    /// bound by default. C-core keeps to it by ending calls with `RESOURCE_EXHAUSTED`, and by
    /// taking no new connections.
    pub fn memory_quota(mut self, bytes: usize) -> Self {
        self.memory_quota = Some(bytes);
        self
    }

    /// Opens the addresses and starts to serve.
    ///
    /// # Errors
    /// When an address can't be listened on: it is taken, not this machine's, or forbidden.
    /// Nothing is served then, on none of them.
    pub fn start(self) -> Result<Server, BindError> {
        seam::check();
        let environment = Arc::new(
            EnvBuilder::new()
                .cq_count(self.completion_queues)
                .name_prefix("quartet-server")
                .after_start(move || {
                    drain::mark_queue_thread();
                    self.transport.start_queue_thread();
                })
                .build(),
        );
        let mut arguments = ChannelBuilder::new(environment.clone())
            // On by default in C-core; a second server on a taken port would start in silence.
            .reuse_port(false)
            .max_concurrent_stream(i32::try_from(self.max_concurrent_streams).unwrap_or(i32::MAX))
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
        let Transport { max_metadata, compression, .. } = self.transport;
        let arguments = self.transport.apply(arguments, max_metadata.saturating_mul(4));
        let mut builder = GrpcioBuilder::new(environment).channel_args(arguments.build_args());
        let Self { mut services, health, reflection, .. } = self;
        services.extend(health.as_ref().map(|health| health.service().into()));
        if let Some(reflection) = reflection {
            reflection.add_to(&mut services);
        }
        let names: Vec<_> = services.iter().map(Service::name).collect();
        let terms = Arc::new(Terms { max_metadata, compression, ..self.terms });
        for service in services {
            builder = builder.register_service(service.into_grpcio(&terms));
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
                Ok(Server { inner: Some(inner), addresses, health })
            }
            Err(error) => {
                drain::discard(inner);
                Err(error)
            }
        }
    }
}

/// A server that serves, until it is [drained](Self::drain) or dropped.
pub struct Server {
    inner: Option<grpcio::Server>,
    addresses: Vec<Address>,
    health: Option<Health>,
}

impl Server {
    /// Starts putting a server together.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            addresses: Vec::new(),
            services: Vec::new(),
            health: None,
            reflection: None,
            completion_queues: 1,
            max_concurrent_streams: 1000,
            memory_quota: None,
            transport: Transport::of_server(),
            terms: Terms::default(),
        }
    }

    /// The addresses that it listens on, in the order they were given, with the ports that
    /// were picked.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
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
