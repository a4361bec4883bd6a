//! What the tests share: a server and its client, a probe service, limits on time, processes.

pub mod build;
pub mod certificates;
pub mod hello;
pub mod http2;
pub mod probe;
pub mod process;
pub mod relay;
pub mod replicas;
pub mod styles;
pub mod transport;

use std::panic::Location;
use std::pin::pin;
use std::time::Duration;

use chat::{ChatService, ChatServiceClient, ChatServiceServer, bare};
use futures::future::{Either, select};
use futures_executor::block_on;
use futures_timer::Delay;
use quartet::channel::Channel;
use quartet::server::{Server, ServerBuilder};

/// Far more than any step takes, and far less than a person waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a future to its end; one that hangs is a failure, at the caller's line.
#[track_caller]
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let from = Location::caller();
    match block_on(select(pin!(future), Delay::new(PATIENCE))) {
        Either::Left((value, _)) => value,
        Either::Right(_) => panic!("{from}: nothing happened for {PATIENCE:?}"),
    }
}

/// The first number of C-core's version: 33 is that of gRPC 1.56, which is bundled.
pub fn core_major() -> u32 {
    let major = quartet::core_version().split('.').next();
    major.and_then(|major| major.parse().ok()).expect("C-core has a version")
}

/// Whether C-core is the one that is compiled into this program.
pub fn is_bundled_core() -> bool {
    core_major() == 33
}

/// The same; where it is a library of the system instead, says that the test is not run, as what
/// it does within itself is out of reach.
pub fn core_is_ours() -> bool {
    let ours = is_bundled_core();
    if !ours {
        eprintln!("NOT RUN: C-core is an installed library ({})", quartet::core_version());
    }
    ours
}

/// A server of ours on a free port.
pub struct Served {
    pub server: Server,
    pub target: String,
}

impl Served {
    /// A client over a channel of its own, and so a connection of its own.
    pub fn client(&self) -> ChatServiceClient {
        client(&self.target)
    }
}

pub fn serve(service: impl ChatService) -> Served {
    serve_with(service, |builder| builder)
}

pub fn serve_with(
    service: impl ChatService,
    with: impl FnOnce(ServerBuilder) -> ServerBuilder,
) -> Served {
    let builder = Server::builder()
        .listen("127.0.0.1:0".parse().unwrap())
        .service(ChatServiceServer::new(service));
    let server = with(builder).start().unwrap();
    let target = server.addresses()[0].to_string();
    Served { server, target }
}

pub fn client(target: &str) -> ChatServiceClient {
    // An Environment of its own, so that no connection is shared.
    ChatServiceClient::new(Channel::to(target))
}

/// A client of bare grpcio: not a line of our layer.
pub fn bare_client(target: &str) -> bare::ChatServiceClient {
    bare::ChatServiceClient::new(bare_channel(target))
}

pub fn bare_channel(target: &str) -> grpcio::Channel {
    let environment = std::sync::Arc::new(grpcio::Environment::new(1));
    grpcio::ChannelBuilder::new(environment)
        .set_credentials(grpcio::ChannelCredentials::insecure())
        .connect(target)
}

/// A server of bare grpcio, of a service made by `grpcio`'s own builder.
pub fn bare_server(service: grpcio::Service) -> (grpcio::Server, String) {
    let environment = std::sync::Arc::new(grpcio::Environment::new(1));
    let mut server =
        grpcio::ServerBuilder::new(environment).register_service(service).build().unwrap();
    let credentials = grpcio::ServerCredentials::insecure();
    let port = server.add_listening_port("127.0.0.1:0", credentials).unwrap();
    server.start();
    (server, format!("127.0.0.1:{port}"))
}
