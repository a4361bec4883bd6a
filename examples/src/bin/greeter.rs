//! The smallest service and its client: one unary call.
//!
//!     cargo run --release -p quartet-examples --bin greeter

use std::error::Error;

use futures::executor::block_on;
use quartet::channel::Channel;
use quartet::rpc::{Request, Response, Status};
use quartet::server::Server;
use quartet_examples::proto::greeter::{Greeter, GreeterClient, GreeterServer, Greeting, Name};

/// The service. One value of this type serves every call, so shared state goes into its fields.
struct Polite;

// `Greeter` is the trait that `build.rs` generated from `service Greeter`: an `async fn` for each
// `rpc`. Returning `Ok` ends the call with the status OK, returning `Err` with another.
impl Greeter for Polite {
    async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
        let name = request.into_inner().name;
        if name.is_empty() {
            return Err(Status::invalid_argument("whom shall I greet?"));
        }
        // `special_fields` keeps what a message of a newer version has beyond these fields, hence
        // the `..Greeting::default()`.
        let greeting = Greeting { text: format!("Good day, {name}."), ..Greeting::default() };
        Ok(Response::new(greeting))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // Port 0 picks a free one; `addresses()` says which. The server serves on threads of its own
    // until it is dropped.
    let server = Server::builder()
        .listen("127.0.0.1:0".parse()?)
        .service(GreeterServer::new(Polite))
        .start()?;
    let address = server.addresses()[0].to_string();

    // A channel connects when the first call is made. Clients are cheap: make one where you need
    // it, over a clone of the channel.
    let client = GreeterClient::new(Channel::to(address));

    // Calls are futures, and any executor runs them: tokio, smol, or this one.
    block_on(async {
        // A call takes a message, or a `Request` that adds metadata or a timeout to it.
        let response = client.greet(Name { name: "Ada".into(), ..Name::default() }).await?;
        println!("{}", response.into_inner().text);

        // An error status is the `Err` of the call.
        let status = client.greet(Name::default()).await.unwrap_err();
        println!("refused: {status}");
        Ok(())
    })
}
