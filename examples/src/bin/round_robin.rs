//! Three replicas behind one channel, which spreads the calls over those that can be reached.
//!
//!     cargo run --release -p quartet-examples --bin round_robin

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use quartet::channel::{Channel, Methods, Retry, ServiceConfig};
use quartet::rpc::{Request, Response, Status};
use quartet::server::Server;
use quartet_examples::proto::greeter::{Greeter, GreeterClient, GreeterServer, Greeting, Name};

/// A replica answers with its own name.
struct Replica(&'static str);

impl Greeter for Replica {
    async fn greet(&self, _: Request<Name>) -> Result<Response<Greeting>, Status> {
        Ok(Greeting { text: self.0.into(), ..Greeting::default() }.into())
    }
}

fn start(name: &'static str) -> Result<Server, Box<dyn Error>> {
    let server = Server::builder()
        .listen("127.0.0.1:0".parse()?)
        .service(GreeterServer::new(Replica(name)))
        .start()?;
    Ok(server)
}

/// Who answers a call.
async fn ask(client: &GreeterClient) -> Result<String, Status> {
    Ok(client.greet(Name::default()).await?.into_inner().text)
}

/// Makes calls until exactly these replicas answer: connections take a moment to open.
async fn until_they_answer(client: &GreeterClient, names: &[&str]) -> Result<(), Status> {
    let limit = Instant::now() + Duration::from_secs(30);
    loop {
        let mut seen = BTreeSet::new();
        for _ in 0..3 * names.len() {
            seen.insert(ask(client).await?);
        }
        if seen.iter().eq(names) {
            return Ok(());
        }
        assert!(Instant::now() < limit, "expected {names:?}, saw {seen:?}");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut replicas = BTreeMap::new();
    for name in ["blue", "green", "red"] {
        replicas.insert(name, start(name)?);
    }
    let address = |server: &Server| server.addresses()[0].to_string();
    let addresses: BTreeMap<_, _> =
        replicas.iter().map(|(name, server)| (name.to_string(), address(server))).collect();

    // All addresses in one target. In a cluster it is `dns:///greeter:50051`, with as many
    // addresses as DNS has for the name, or `xds:///greeter`.
    let list: Vec<_> = addresses.values().map(String::as_str).collect();
    let target = format!("ipv4:{}", list.join(","));
    // Without `round_robin` every call goes to the first address that is reached. A call that
    // meets a replica on its way out is made again, at another one.
    let config = ServiceConfig::new().round_robin().methods(Methods::all().retry(Retry::new(4)));
    let channel = Channel::builder(target).service_config(config).build();
    let client = GreeterClient::new(channel);

    block_on(async {
        until_they_answer(&client, &["blue", "green", "red"]).await?;
        let mut counts = BTreeMap::new();
        for call in 1..=9 {
            let name = ask(&client).await?;
            println!("call {call}: {name} at {}", addresses[&name]);
            *counts.entry(name).or_insert(0) += 1;
        }
        println!("{counts:?}");

        // One replica goes: it tells its clients by GOAWAY, and the calls go to the other two.
        if let Some(green) = replicas.remove("green") {
            println!("green goes: {:?}", green.drain(Duration::from_secs(10)).await);
        }
        until_they_answer(&client, &["blue", "red"]).await?;
        let mut counts = BTreeMap::new();
        for _ in 1..=10 {
            *counts.entry(ask(&client).await?).or_insert(0) += 1;
        }
        println!("{counts:?}");
        Ok(())
    })
}
