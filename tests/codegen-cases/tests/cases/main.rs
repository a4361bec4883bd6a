//! Each hard case: its trait is implemented, served, and called over the wire.

mod clashes;
mod files;
mod keywords;
mod messages;
mod names;
mod options;
mod text;

use std::future::Future;

use futures::executor::block_on;
use futures::stream;
use quartet::channel::Channel;
use quartet::rpc::{Client, Request, Response, Service, Status, Stream, Streaming};
use quartet::server::Server;
use quartet_codegen_cases::proto;

/// What a handler ends with.
type Reply<T> = Result<Response<T>, Status>;

/// A service that is served, and the way to it.
struct Served {
    name: &'static str,
    client: Client,
    _server: Server,
}

fn serve(service: impl Into<Service>) -> Served {
    let service = service.into();
    let name = service.name();
    let address = "127.0.0.1:0".parse().expect("an address");
    let server = Server::builder().listen(address).service(service).start().expect("it starts");
    let channel = Channel::to(server.addresses()[0].to_string());
    Served { name, client: channel.into(), _server: server }
}

impl Served {
    fn client(&self) -> Client {
        self.client.clone()
    }
}

/// The message in a reply.
fn answer<T>(reply: impl Future<Output = Reply<T>>) -> T {
    block_on(reply).expect("the call succeeds").into_inner()
}

/// The first message of a stream.
fn first<T>(stream: Result<Streaming<T>, Status>) -> T {
    let mut stream = stream.expect("the call starts");
    block_on(stream.message()).expect("it is not an error").expect("the stream has a message")
}

/// A reply with a stream of one message.
fn once<T: Send + 'static>(message: T) -> Reply<impl Stream<Item = Result<T, Status>> + Send> {
    Ok(Response::new(stream::iter([Ok(message)])))
}
