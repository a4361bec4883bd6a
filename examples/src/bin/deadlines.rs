//! Deadlines and cancellation: how a call ends early, how its handler learns of it, and how the
//! calls that the handler makes end with it.
//!
//!     cargo run --release -p quartet-examples --bin deadlines

use std::error::Error;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures::executor::block_on;
use futures::future::{self, Either};
use futures::{FutureExt, StreamExt};
use quartet::channel::Channel;
use quartet::rpc::{Request, Response, Status};
use quartet::server::Server;
use quartet_examples::proto::greeter::{Greeter, GreeterClient, GreeterServer, Greeting, Name};

type Events = UnboundedReceiver<String>;

/// A service that never answers, and tells what becomes of its calls.
struct Slow(UnboundedSender<String>);

impl Greeter for Slow {
    async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
        let name = request.get_ref().name.clone();
        // The caller's deadline came with the call: do not begin what can't be finished by then.
        let time = match request.time_left() {
            Some(left) if left > Duration::from_secs(5) => "has time",
            Some(_) => "is in a hurry",
            None => "sets no deadline",
        };
        let _ = self.0.unbounded_send(format!("{name} {time}"));
        // When its caller has gone, or time is up, a handler is dropped where it awaits, and with
        // it all that it holds. So a guard sees the end, however the call ends. Work that has to be
        // finished in any case must not be in the handler: spawn it.
        let _guard = Guard(format!("{name}'s handler was dropped"), self.0.clone());
        future::pending().await
    }
}

struct Guard(String, UnboundedSender<String>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.1.unbounded_send(self.0.clone());
    }
}

/// A service that asks another one.
struct Front(GreeterClient);

impl Greeter for Front {
    async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
        // A call that a handler makes has the caller's deadline, though nothing here says so, and
        // is cancelled when this handler is dropped.
        self.0.greet(request.into_inner()).await
    }
}

fn serve(greeter: impl Greeter) -> Result<(Server, GreeterClient), Box<dyn Error>> {
    let server = Server::builder()
        .listen("127.0.0.1:0".parse()?)
        .service(GreeterServer::new(greeter))
        .start()?;
    let client = GreeterClient::new(Channel::to(server.addresses()[0].to_string()));
    Ok((server, client))
}

fn from(name: &str) -> Request<Name> {
    Request::new(Name { name: name.into(), ..Name::default() })
}

async fn print_next(events: &mut Events) {
    println!("  slow: {}", events.next().await.expect("the service is there"));
}

fn main() -> Result<(), Box<dyn Error>> {
    let (sender, mut events) = mpsc::unbounded();
    let (_slow, client) = serve(Slow(sender))?;
    let (_front, front) = serve(Front(client.clone()))?;
    block_on(async {
        println!("A deadline:");
        let (before, mut request) = (Instant::now(), from("Ada"));
        request.set_timeout(Duration::from_millis(500));
        let status = client.greet(request).await.unwrap_err();
        let in_time = before.elapsed() < Duration::from_secs(5);
        println!("  client: {}, {}", status.code(), if in_time { "in time" } else { "late" });
        print_next(&mut events).await;
        print_next(&mut events).await;

        // There is no function to cancel a call: dropping its future, its reply or its stream does.
        println!("Cancellation:");
        {
            let call = pin!(client.greet(from("Grace")));
            match future::select(call, pin!(print_next(&mut events))).await {
                Either::Left((reply, _)) => panic!("Slow has answered: {reply:?}"),
                Either::Right(_) => println!("  client: drops the call"),
            }
        }
        print_next(&mut events).await;

        println!("A deadline that is handed on, from Front to Slow:");
        let mut request = from("Edsger");
        request.set_timeout(Duration::from_millis(500));
        let call = front.greet(request).map(|reply| reply.unwrap_err());
        println!("  client: {}", call.await.code());
        print_next(&mut events).await;
        print_next(&mut events).await;
        Ok(())
    })
}
