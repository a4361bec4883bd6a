//! The calls, on both: unary calls ten at a time, a stream of 1 KB messages one way or the
//! other (bulk: of 64 KiB messages), a chat of ten streams whose messages wait for their echoes. All on the queue's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use chat::{ChatServiceClient, Message, bare, message};
use futures::channel::oneshot;
use futures::executor::block_on;
use futures::{SinkExt, StreamExt, TryStreamExt};
use grpcio::{ChannelBuilder, ChannelCredentials, EnvBuilder, WriteFlags};
use quartet::Window;
use quartet::channel::Channel;
use quartet::interceptors::{BearerToken, LogCalls, Metrics, TraceContext};
use quartet::rpc::Client;

use super::{Options, serve};

/// The settings of ours that cost something, for a bare server or channel.
pub fn settings(builder: ChannelBuilder) -> ChannelBuilder {
    builder
        .raw_cfg_int(c"grpc.http2.hpack_table_size.decoder".into(), 0)
        .raw_cfg_int(c"grpc.per_message_decompression".into(), 0)
        .raw_cfg_int(c"grpc.enable_deadline_checking".into(), 0)
}

/// Prints the calls (or messages) per second.
pub fn call(variant: &str, options: &Options) {
    let until = Until {
        end: Instant::now() + Duration::from_secs_f64(options.seconds),
        left: options.count.map(|count| Arc::new(AtomicU64::new(count))),
    };
    let streams = if matches!(&*options.work, "unary" | "chat") { 10 } else { 1 };
    let started = Instant::now();
    let done: u64 = match variant.strip_prefix("bare") {
        Some(settings) => {
            let client = bare_client(&options.address, !settings.is_empty());
            let tasks = (0..streams).map(|_| {
                let work = bare_work(client.clone(), options.work.clone(), until.clone());
                spawned(|task| client.spawn(task), work)
            });
            tasks.collect::<Vec<_>>().into_iter().map(|task| block_on(task).unwrap_or(0)).sum()
        }
        None => {
            let channel = match variant {
                "quartet-one" => Channel::builder(&options.address).exactly_one_reply(false),
                "quartet-retries" => Channel::builder(&options.address).retries(false),
                "quartet-coalescing" => Channel::builder(&options.address).coalesce_writes(false),
                "quartet+fixed" => Channel::builder(&options.address).window(Window::Fixed(65_535)),
                "quartet+all" => {
                    serve::discard_log();
                    Channel::builder(&options.address)
                        .interceptor(TraceContext::default())
                        .interceptor(LogCalls)
                        .interceptor(Metrics::new())
                        .interceptor(BearerToken::new(serve::TOKEN).expect("a token"))
                }
                _ => Channel::builder(&options.address),
            };
            let client: Client = channel.build().into();
            let tasks = (0..streams).map(|_| {
                let calls = ChatServiceClient::new(client.clone());
                let work = our_work(calls, options.work.clone(), until.clone());
                spawned(|task| client.spawn(task), work)
            });
            tasks.collect::<Vec<_>>().into_iter().map(|task| block_on(task).unwrap_or(0)).sum()
        }
    };
    println!("{}", done as f64 / started.elapsed().as_secs_f64());
}

fn spawned(
    spawn: impl FnOnce(futures::future::BoxFuture<'static, ()>),
    work: impl Future<Output = u64> + Send + 'static,
) -> oneshot::Receiver<u64> {
    let (sender, receiver) = oneshot::channel();
    spawn(Box::pin(async move {
        let _ = sender.send(work.await);
    }));
    receiver
}

/// When to stop.
#[derive(Clone)]
struct Until {
    end: Instant,
    left: Option<Arc<AtomicU64>>,
}

impl Until {
    fn go_on(&self) -> bool {
        match &self.left {
            Some(left) => left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok(),
            None => Instant::now() < self.end,
        }
    }
}

fn bare_client(address: &str, with_our_settings: bool) -> bare::ChatServiceClient {
    let environment = Arc::new(EnvBuilder::new().cq_count(1).build());
    let builder = ChannelBuilder::new(environment.clone());
    let builder = if with_our_settings { settings(builder) } else { builder };
    let channel = builder.set_credentials(ChannelCredentials::insecure()).connect(address);
    // It lives as long as the process.
    std::mem::forget(environment);
    bare::ChatServiceClient::new(channel)
}

fn long(work: &str) -> Message {
    let length = if work == "bulk-upload" { 64 << 10 } else { 1000 };
    message("", "x".repeat(length))
}

async fn bare_work(client: bare::ChatServiceClient, work: String, until: Until) -> u64 {
    let mut done = 0;
    match &*work {
        "unary" => {
            while until.go_on() {
                client.say_hello_async(&Message::default()).unwrap().await.unwrap();
                done += 1;
            }
        }
        "stream" | "bulk" => {
            let mut messages = client.broadcast_messages(&message(&*work, "for ever")).unwrap();
            while until.go_on() {
                messages.try_next().await.unwrap().unwrap();
                done += 1;
            }
        }
        "upload" | "bulk-upload" => {
            let (mut sink, reply) = client.upload_stream().unwrap();
            sink.enhance_batch(true);
            while until.go_on() {
                sink.feed((long(&work), WriteFlags::default())).await.unwrap();
                done += 1;
            }
            sink.flush().await.unwrap();
            let _ = sink.close().await;
            reply.await.unwrap();
        }
        _ => {
            let (mut sink, mut echoes) = client.chat_stream().unwrap();
            while until.go_on() {
                sink.send((long(&work), WriteFlags::default())).await.unwrap();
                echoes.try_next().await.unwrap().unwrap();
                done += 1;
            }
            let _ = sink.close().await;
            while let Some(Ok(_)) = echoes.next().await {}
        }
    }
    done
}

async fn our_work(client: ChatServiceClient, work: String, until: Until) -> u64 {
    let mut done = 0;
    match &*work {
        "unary" => {
            while until.go_on() {
                client.say_hello(Message::default()).await.unwrap();
                done += 1;
            }
        }
        "stream" | "bulk" => {
            let mut messages = client.broadcast_messages(message(&*work, "for ever")).unwrap();
            while until.go_on() {
                messages.message().await.unwrap().unwrap();
                done += 1;
            }
        }
        "upload" | "bulk-upload" => {
            let (mut sender, reply) = client.upload_stream(()).unwrap();
            while until.go_on() {
                sender.feed(long(&work)).await.unwrap();
                done += 1;
            }
            sender.close().await;
            reply.await.unwrap();
        }
        _ => {
            let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
            while until.go_on() {
                sender.send(long(&work)).await.unwrap();
                echoes.message().await.unwrap().unwrap();
                done += 1;
            }
            sender.close().await;
            while let Ok(Some(_)) = echoes.message().await {}
        }
    }
    done
}
