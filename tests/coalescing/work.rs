//! Calls of every style and size whose every byte is checked, on both sides.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use chat::{ChatService, ChatServiceClient, Message, message};
use futures::channel::oneshot;
use futures::future::join_all;
use futures::{Stream, stream};
use futures_executor::block_on;
use quartet::rpc::{Client, Code, Request, Response, Status, Streaming};

use crate::support::run;

/// The n-th message of a call. Its text follows from its name and its length.
fn numbered(call: u64, n: u64, length: usize) -> Message {
    let mut random = fastrand::Rng::with_seed(call << 16 ^ n);
    let line: String = (0..61).map(|_| random.alphanumeric()).collect();
    let mut text = line.repeat(length / line.len() + 1);
    text.truncate(length);
    message(format!("{call} {n}"), text)
}

/// Mostly small, as messages are.
fn size(random: &mut fastrand::Rng) -> usize {
    match random.u32(..200) {
        0..120 => random.usize(..200),
        120..180 => random.usize(..8_000),
        180..199 => random.usize(..100_000),
        _ => random.usize(..1 << 20),
    }
}

/// The call that a message belongs to; the message has to be its n-th, as it was sent.
fn check(message: &Message, n: u64) -> Result<u64, Status> {
    let call = message.user.split_once(' ').and_then(|(call, _)| call.parse().ok());
    match call {
        Some(call) if *message == numbered(call, n, message.content.len()) => Ok(call),
        _ => Err(Status::new(Code::DataLoss, format!("no {n}-th message: {}", message.user))),
    }
}

/// Sends what it gets, or as many messages as the call's number says. It can tell the time, and
/// block its thread.
pub struct Checks;

/// How long that is.
pub const BLOCKED: Duration = Duration::from_millis(200);

/// The time since the first call of this function.
pub fn now() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

impl ChatService for Checks {
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        let mut asked = request.into_inner();
        match &*asked.user {
            "block" => thread::sleep(BLOCKED),
            "tell the time" => asked.content = now().as_micros().to_string(),
            _ => drop(check(&asked, 0)?),
        }
        Ok(asked.into())
    }

    async fn broadcast_messages(
        &self,
        request: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let call = check(&request.into_inner(), 0)?;
        let mut random = fastrand::Rng::with_seed(call);
        let messages = (0..call % 9).map(move |n| Ok(numbered(call, n, size(&mut random))));
        Ok(Response::new(stream::iter(messages)))
    }

    async fn upload_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        let (mut upload, mut count) = (request.into_inner(), 0);
        while let Some(message) = upload.message().await? {
            check(&message, count)?;
            count += 1;
        }
        Ok(message("", count.to_string()).into())
    }

    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}

/// Makes the call of this number; its style is the number's rest. One in eleven is given up
/// half-way.
async fn call(client: &ChatServiceClient, call: u64) -> Result<(), Status> {
    let mut random = fastrand::Rng::with_seed(!call);
    let (count, gives_up) = (random.u64(..9), call % 11 == 7);
    let first = numbered(call, 0, size(&mut random));
    let mut next = |n| numbered(call, n, size(&mut random));
    match call % 4 {
        0 if gives_up => {
            let _ = futures::poll!(Box::pin(client.say_hello(first)));
        }
        0 => assert_eq!(client.say_hello(first.clone()).await?.into_inner(), first),
        1 => {
            let mut replies = client.broadcast_messages(first)?;
            let mut seen = 0;
            while let Some(reply) = replies.message().await? {
                assert_eq!(check(&reply, seen)?, call);
                seen += 1;
                if gives_up && seen > count / 2 {
                    return Ok(());
                }
            }
            assert_eq!(seen, call % 9, "messages of call {call}");
        }
        2 => {
            let (mut sender, reply) = client.upload_stream(())?;
            for n in 0..count {
                // If the call has ended, the reply says why.
                let _ = sender.send(next(n)).await;
                if gives_up && n > count / 2 {
                    return Ok(());
                }
            }
            sender.close().await;
            assert_eq!(reply.await?.into_inner().content, count.to_string());
        }
        _ => {
            let (mut sender, mut echoes) = client.chat_stream(())?;
            for n in 0..count {
                let said = next(n);
                let _ = sender.send(said.clone()).await;
                assert!(echoes.message().await? == Some(said), "echo {n} of call {call}");
                if gives_up && n > count / 2 {
                    return Ok(());
                }
            }
            sender.close().await;
            assert_eq!(echoes.message().await?, None);
        }
    }
    Ok(())
}

/// Makes so many calls over these clients, `at_once`: most from the queues' threads, some from
/// another. Says what did not end well.
pub fn calls(clients: &[Client], count: u64, at_once: usize) -> Vec<String> {
    let next = Arc::<AtomicU64>::default();
    let workers = (0..at_once).map(|worker| {
        let client = clients[worker % clients.len()].clone();
        let (next, (failed, outcome)) = (next.clone(), oneshot::channel());
        let chat = ChatServiceClient::new(client.clone());
        let work = async move {
            let mut failures = Vec::new();
            loop {
                let number = next.fetch_add(1, SeqCst);
                if number >= count {
                    let _ = failed.send(failures);
                    return;
                }
                if let Err(status) = call(&chat, number).await {
                    failures.push(format!("call {number}: {status}"));
                }
            }
        };
        if worker % 5 == 4 {
            thread::spawn(|| block_on(work));
        } else {
            client.spawn(work);
        }
        async { outcome.await.unwrap_or_else(|_| vec!["a worker panicked".into()]) }
    });
    run(join_all(workers.collect::<Vec<_>>())).concat()
}
