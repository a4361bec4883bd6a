//! A service of one's own, served and called in one process: the whole of it.

mod proto {
    include!(concat!(env!("OUT_DIR"), "/quartet/mod.rs"));
}

use futures::executor::block_on;
use proto::greet::{Greeter, GreeterClient, GreeterServer, Greeting, Name};
use quartet::channel::Channel;
use quartet::rpc::{Request, Response, Status};
use quartet::server::Server;

struct Polite;

impl Greeter for Polite {
    async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
        let name = request.into_inner().name;
        if name.is_empty() {
            return Err(Status::invalid_argument("the name is empty"));
        }
        Ok(Greeting { text: format!("Good day, {name}."), ..Greeting::default() }.into())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::builder()
        .listen("127.0.0.1:0".parse()?)
        .service(GreeterServer::new(Polite))
        .start()?;
    let client = GreeterClient::new(Channel::to(server.addresses()[0].to_string()));
    block_on(async {
        let ada = Name { name: "Ada".into(), ..Name::default() };
        println!("{}", client.greet(ada).await?.into_inner().text);
        if let Err(status) = client.greet(Name::default()).await {
            println!("{status}");
        }
        Ok(())
    })
}
