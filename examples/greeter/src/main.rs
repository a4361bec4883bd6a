//! A service of one's own, served and called in one process: the whole of it.

mod proto {
    include!(concat!(env!("OUT_DIR"), "/quartet/mod.rs"));
}

use std::error::Error;

use futures::executor::block_on;
use futures::{Stream, TryStreamExt};
use proto::greet::{Greeter, GreeterClient, GreeterServer, Greeting, Name};
use quartet::channel::Channel;
use quartet::interceptors::LogCalls;
use quartet::rpc::{Request, Response, Status, Streaming};
use quartet::server::Server;

struct Polite;

impl Greeter for Polite {
    async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
        let name = request.into_inner().name;
        if name.is_empty() {
            return Err(Status::invalid_argument("whom shall I greet?"));
        }
        Ok(greeting(&name).into())
    }

    async fn greet_all(
        &self,
        request: Request<Streaming<Name>>,
    ) -> Result<Response<impl Stream<Item = Result<Greeting, Status>> + Send>, Status> {
        let names = request.into_inner();
        Ok(Response::new(names.map_ok(|name| greeting(&name.name))))
    }
}

fn greeting(name: &str) -> Greeting {
    Greeting { text: format!("Good day, {name}."), ..Greeting::default() }
}

fn named(name: &str) -> Name {
    Name { name: name.into(), ..Name::default() }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder()
        .listen("127.0.0.1:0".parse()?)
        .service(GreeterServer::new(Polite))
        .interceptor(LogCalls)
        .start()?;
    let client = GreeterClient::new(Channel::to(server.addresses()[0].to_string()));
    block_on(async {
        println!("{}", client.greet(named("Ada")).await?.into_inner().text);

        let (mut sender, mut greetings) = client.greet_all(())?;
        for name in ["Grace", "Edsger"] {
            sender.send(named(name)).await?;
            if let Some(greeting) = greetings.message().await? {
                println!("{}", greeting.text);
            }
        }
        sender.close().await;

        if let Err(status) = client.greet(named("")).await {
            println!("{status}");
        }
        Ok(())
    })
}
