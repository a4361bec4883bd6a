//! Interceptors: code around every call, on both sides. Here a token goes with each call, the
//! server lets in who has one, and both sides log.
//!
//!     cargo run --release -p quartet-examples --bin interceptor
//!
//! For real use these three are there: `interceptors::{BearerToken, BearerAuth, LogCalls}`.

use std::error::Error;

use futures::executor::block_on;
use quartet::channel::Channel;
use quartet::rpc::{Call, End, Interceptor, Request, Response, Side, Status};
use quartet::server::Server;
use quartet_examples::proto::greeter::{Greeter, GreeterClient, GreeterServer, Greeting, Name};

/// Who calls: what the interceptor found out, for the handler.
struct Caller(&'static str);

struct ByName;

impl Greeter for ByName {
    async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
        // What an interceptor left with the call, by its type.
        let Caller(caller) = request
            .extension()
            .ok_or_else(|| Status::internal("the server lacks its interceptor"))?;
        let text = format!("Good day, {}, says {caller}.", request.get_ref().name);
        Ok(Greeting { text, ..Greeting::default() }.into())
    }
}

/// Prints a line for each call, on either side.
struct Log;

impl Interceptor for Log {
    // `before` and `after` are both optional. `after` is asked once for each call that `before`
    // let pass, however it ends: by its handler, by another interceptor, by a deadline, a
    // cancellation or a panic.
    fn after(&self, call: &Call, end: &mut End) {
        let side = match call.side() {
            Side::Server => "server",
            Side::Client => "client",
        };
        println!(
            "  {side}: {} {}, {} out, {} in",
            call.method(),
            end.status.code(),
            end.sent.messages,
            end.received.messages,
        );
    }
}

/// Adds a token to each call of a channel.
struct Token(&'static str);

impl Interceptor for Token {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        let value = format!("Bearer {}", self.0);
        let added = call.metadata_mut().add("authorization", value);
        // An error ends the call with this status; nothing is sent.
        added.map_err(|error| Status::invalid_argument(error.to_string()))
    }
}

/// Lets in who has a token.
struct Auth;

impl Interceptor for Auth {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        // Runs on the thread that serves the connection, so it must not block. Real code compares
        // tokens in constant time, as `BearerAuth` does.
        match call.metadata().get("authorization") {
            Some("Bearer sesame") => {
                call.extend(Caller("Ali Baba"));
                Ok(())
            }
            _ => Err(Status::unauthenticated("say the word")),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // The order counts: what `Auth` refuses is in the log too, as `Log` stands before it.
    let server = Server::builder()
        .listen("127.0.0.1:0".parse()?)
        .service(GreeterServer::new(ByName))
        .interceptor(Log)
        .interceptor(Auth)
        .start()?;
    let target = server.addresses()[0].to_string();
    let ada = || Name { name: "Ada".into(), ..Name::default() };
    block_on(async {
        println!("with the token:");
        let channel = Channel::builder(&target).interceptor(Log).interceptor(Token("sesame"));
        let client = GreeterClient::new(channel.build());
        println!("  {}", client.greet(ada()).await?.into_inner().text);

        println!("without:");
        let client = GreeterClient::new(Channel::builder(&target).interceptor(Log).build());
        println!("  {}", client.greet(ada()).await.unwrap_err());
        Ok(())
    })
}
