//! Replicas of `chat-server`, as real processes on addresses of their own, and a channel to all.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::time::Duration;

use chat::{ChatServiceClient, message};
use futures::stream::{self, StreamExt, TryStreamExt};
use quartet::channel::{Backoff, Channel, ChannelBuilder, Methods, Retry, ServiceConfig};
use quartet::rpc::Status;

use super::process::{Ended, Process, start_server};

pub struct Replica {
    /// No program gets this port between two lives of the replica: nobody else uses its IP.
    pub address: String,
    pub process: Process,
}

impl Replica {
    pub fn start(flags: &[&str]) -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let host = format!("127.{}.0.{}", 1 + std::process::id() % 250, NEXT.fetch_add(1, SeqCst));
        let free = TcpListener::bind((&*host, 0)).unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        Replica { process: process(&address, flags), address }
    }

    /// Asks it to end, waits until it has, in good order, and starts it again.
    pub fn restart(self, flags: &[&str]) -> Self {
        self.process.signal("TERM");
        let (ended, back) = self.next_life(flags);
        assert_eq!(ended.code(), Some(0), "a drain that was not in order: {}", ended.stderr);
        back
    }

    /// Kills it, and starts it again.
    pub fn revive(self, flags: &[&str]) -> Self {
        self.process.signal("KILL");
        self.next_life(flags).1
    }

    fn next_life(self, flags: &[&str]) -> (Ended, Self) {
        let ended = self.process.end();
        (ended, Replica { process: process(&self.address, flags), address: self.address })
    }
}

fn process(address: &str, flags: &[&str]) -> Process {
    start_server(&[&["--listen", address, "--pace", "0"], flags].concat()).0
}

/// A target with the addresses of all.
pub fn target(replicas: &[Replica]) -> String {
    let addresses: Vec<_> = replicas.iter().map(|replica| &*replica.address).collect();
    format!("ipv4:{}", addresses.join(","))
}

/// What a client of several replicas sets: calls spread, health checked, failed ones retried, and
/// servers that come back are found soon.
pub fn channel(target: &str) -> ChannelBuilder {
    let config = retrying().health_checked("");
    reconnecting(target).service_config(config)
}

/// The same without a look at health.
pub fn unchecked_channel(target: &str) -> ChannelBuilder {
    reconnecting(target).service_config(retrying())
}

fn retrying() -> ServiceConfig {
    let methods = Methods::all().retry(Retry::new(5)).wait_for_ready(true);
    ServiceConfig::new().round_robin().methods(methods)
}

fn reconnecting(target: &str) -> ChannelBuilder {
    let soon = Duration::from_millis(100);
    let backoff = Backoff { first: soon, longest: soon, ..Backoff::default() };
    Channel::builder(target).backoff(backoff).own_connections(true)
}

/// The `nth` call of a client: each tenth is a stream, of each kind in turn.
pub async fn call(client: &ChatServiceClient, nth: usize) -> Result<(), Status> {
    let text = format!("call {nth}");
    match nth % 30 {
        0 => {
            let all: Vec<_> =
                client.broadcast_messages(message("Ada", text))?.try_collect().await?;
            assert_eq!(all.len(), 4, "a broadcast has four messages; call {nth} got {all:?}");
        }
        10 => {
            let (mut sender, reply) = client.upload_stream(())?;
            for _ in 0..3 {
                // A call that has ended says why in its reply.
                let _ = sender.send(message("Ada", &*text)).await;
            }
            sender.close().await;
            let reply = reply.await?.into_inner().content;
            assert!(reply.ends_with("Got 3 messages."), "call {nth} got {reply}");
        }
        20 => {
            let (mut sender, echoes) = client.chat_stream(())?;
            let _ = sender.send(message("Ada", &*text)).await;
            sender.close().await;
            let all: Vec<_> = echoes.try_collect().await?;
            assert_eq!(all.len(), 1, "one echo; call {nth} got {all:?}");
        }
        _ => {
            let reply = client.say_hello(message("Ada", text)).await?.into_inner().content;
            assert_eq!(reply, "Hello, Ada! Thanks for your message.", "call {nth}");
        }
    }
    Ok(())
}

/// Makes calls `from..from + count`, `width` at a time. The first that fails ends it.
pub async fn calls(client: &ChatServiceClient, from: usize, count: usize, width: usize) {
    stream::iter(from..from + count)
        .for_each_concurrent(width, |nth| async move {
            if let Err(status) = call(client, nth).await {
                panic!("expected that no call fails; call {nth}: {status}");
            }
        })
        .await;
}
