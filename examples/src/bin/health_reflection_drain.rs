//! What a cluster expects of a server: health for load balancers, reflection for tools, and a
//! drain that loses no call.
//!
//!     cargo run --release -p quartet-examples --bin health_reflection_drain

use std::error::Error;
use std::time::Duration;

use futures::StreamExt;
use futures::channel::{mpsc, oneshot};
use futures::executor::block_on;
use futures::future::{FutureExt, Shared};
use quartet::channel::Channel;
use quartet::proto::grpc::health::v1::{HealthCheckRequest, HealthClient};
use quartet::proto::grpc::reflection::v1::server_reflection_request::Message_request;
use quartet::proto::grpc::reflection::v1::{ServerReflectionClient, ServerReflectionRequest};
use quartet::rpc::{Code, Request, Response, Status};
use quartet::server::Server;
use quartet::services::{Health, Reflection};
use quartet_examples::proto::FILE_DESCRIPTOR_SET;
use quartet_examples::proto::greeter::{Greeter, GreeterClient, GreeterServer, Greeting, Name};

/// Answers only once it is released: a call that takes its time.
struct Slow {
    started: mpsc::UnboundedSender<()>,
    told: Shared<oneshot::Receiver<()>>,
}

impl Greeter for Slow {
    async fn greet(&self, request: Request<Name>) -> Result<Response<Greeting>, Status> {
        let _ = self.started.unbounded_send(());
        let _ = self.told.clone().await;
        let text = format!("Good day at last, {}.", request.into_inner().name);
        Ok(Greeting { text, ..Greeting::default() }.into())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (started, mut starts) = mpsc::unbounded();
    let (tell, told) = oneshot::channel();
    let slow = Slow { started, told: told.shared() };
    let server = Server::builder()
        .listen("127.0.0.1:0".parse()?)
        .service(GreeterServer::new(slow))
        // Every service is serving once the server has started. A clone of the `Health` sets the
        // status of one service, as when its database is away.
        .health(Health::new())
        // grpcurl and its kin need no .proto files then.
        .reflection(Reflection::new([FILE_DESCRIPTOR_SET])?)
        .start()?;
    let channel = Channel::to(server.addresses()[0].to_string());
    let client = GreeterClient::new(channel.clone());
    let health = HealthClient::new(channel.clone());

    block_on(async {
        let greeter = || HealthCheckRequest {
            service: "greeter.Greeter".into(),
            ..HealthCheckRequest::default()
        };
        let checked = health.check(greeter()).await?.into_inner();
        println!("health: {:?}", checked.status.enum_value_or_default());

        let (mut asks, mut answers) =
            ServerReflectionClient::new(channel).server_reflection_info(())?;
        let list = Message_request::ListServices(String::new());
        asks.send(ServerReflectionRequest {
            message_request: Some(list),
            ..ServerReflectionRequest::default()
        })
        .await?;
        asks.close().await;
        while let Some(answer) = answers.message().await? {
            for service in &answer.list_services_response().service {
                println!("reflection: {}", service.name);
            }
        }

        // A call that runs, and a load balancer that watches, when the server has to go.
        let mut watched = health.watch(greeter())?;
        watched.message().await?;
        let mut running = client.greet(Name { name: "Ada".into(), ..Name::default() }).boxed();
        assert!(futures::poll!(&mut running).is_pending());
        starts.next().await;

        // `drain` takes the server. A program calls it when it gets SIGTERM, with a little less
        // time than the cluster gives it; `drain_delay` is the time in which it still takes calls
        // from load balancers that have not noticed yet.
        let drained = server.drain(Duration::from_secs(20));
        let meanwhile = async {
            if let Some(told) = watched.message().await? {
                println!("the load balancer: {:?}", told.status.enum_value_or_default());
            }
            let refused = loop {
                match health.check(greeter()).await {
                    Err(status) if status.code() == Code::Unavailable => break status,
                    // On its way to the server when it began to drain.
                    _ => continue,
                }
            };
            println!("a new call: {}", refused.code());
            let _ = tell.send(());
            println!("the running call: {}", running.await?.into_inner().text);
            Ok::<(), Status>(())
        };
        let (drained, meanwhile) = futures::join!(drained, meanwhile);
        meanwhile?;
        // `Cancelled` would mean that the time was up with calls still running.
        println!("drained: {drained:?}");
        Ok(())
    })
}
