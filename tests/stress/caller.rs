use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chat::ChatServiceClient;
use fastrand::Rng;
use futures::future::join;
use futures::{SinkExt, StreamExt, stream};
use quartet::channel::Channel;
use quartet::rpc::{Code, Request, Status, Streaming};

use super::numbered::{check, numbered};
use chat::Message;

/// What has been done, of how much.
pub struct Tally {
    amount: u64,
    calls: AtomicU64,
    messages: AtomicU64,
    /// Calls that their caller has left.
    left: AtomicU64,
    /// Calls whose server has gone.
    broken: AtomicU64,
    wrong: Mutex<Vec<String>>,
    reported: Mutex<Instant>,
}

impl Tally {
    pub fn new(amount: u64) -> Self {
        Tally {
            amount,
            calls: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            left: AtomicU64::new(0),
            broken: AtomicU64::new(0),
            wrong: Mutex::default(),
            reported: Mutex::new(Instant::now()),
        }
    }

    pub fn share(&self) -> f64 {
        let least = self.calls.load(Relaxed).min(self.messages.load(Relaxed));
        least as f64 / self.amount as f64
    }

    pub fn is_done(&self) -> bool {
        self.share() >= 1.0 || !self.wrong.lock().unwrap().is_empty()
    }

    pub fn wrong(&self) -> Vec<String> {
        self.wrong.lock().unwrap().clone()
    }

    pub fn broken(&self) -> u64 {
        self.broken.load(Relaxed)
    }

    /// True every ten seconds.
    pub fn is_time_to_report(&self) -> bool {
        let mut reported = self.reported.lock().unwrap();
        let is_time = reported.elapsed() >= Duration::from_secs(10);
        if is_time {
            *reported = Instant::now();
        }
        is_time
    }

    fn message(&self) {
        self.messages.fetch_add(1, Relaxed);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [calls, messages, left, broken] =
            [&self.calls, &self.messages, &self.left, &self.broken]
                .map(|count| count.load(Relaxed));
        write!(
            f,
            "{calls} calls ({left} left, {broken} broken off), {messages} messages in streams"
        )
    }
}

/// Makes calls one after the other.
pub struct Caller {
    client: ChatServiceClient,
    random: Rng,
    /// Whether the server may go away.
    may_break: bool,
    tally: Arc<Tally>,
}

impl Caller {
    pub fn new(channel: Channel, seed: u64, may_break: bool, tally: Arc<Tally>) -> Self {
        let client = ChatServiceClient::new(channel);
        Caller { client, random: Rng::with_seed(seed), may_break, tally }
    }

    /// Until there are enough calls and messages.
    pub async fn call(mut self) {
        while !self.tally.is_done() {
            let outcome = match self.random.u32(..1500) {
                0 => self.download().await,
                1 => self.upload().await,
                2 => self.converse().await,
                _ => self.ask().await,
            };
            self.tally.calls.fetch_add(1, Relaxed);
            if let Err(why) = outcome {
                self.judge(why);
            }
        }
    }

    /// Keeps what should not be.
    fn judge(&self, why: Failure) {
        let (tally, may_break) = (&self.tally, self.may_break);
        let counted = match why {
            Failure::Left => Ok(&tally.left),
            Failure::Ended(status) if may_break && status.code() == Code::Unavailable => {
                Ok(&tally.broken)
            }
            Failure::Ended(status) => Err(format!("a call ended: {status}")),
            Failure::Wrong(what) => Err(what),
        };
        match counted {
            Ok(count) => drop(count.fetch_add(1, Relaxed)),
            Err(what) => tally.wrong.lock().unwrap().push(what),
        }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_wait_for_ready(true);
        request
    }

    /// How many messages a stream has, and after how many its caller leaves it.
    fn plan(&mut self) -> (u64, u64, u64) {
        let (stream, count) = (self.random.u64(..), self.random.u64(..2000));
        let left = if self.random.u8(..4) == 0 { self.random.u64(..2000) } else { u64::MAX };
        (stream, count, left)
    }

    async fn ask(&mut self) -> Result<(), Failure> {
        let (stream, number) = (self.random.u64(..), self.random.u64(..1000));
        let reply = self.client.say_hello(self.request(numbered(stream, number))).await?;
        Ok(check(reply.get_ref(), !stream, number)?)
    }

    async fn download(&mut self) -> Result<(), Failure> {
        let (stream, count, left) = self.plan();
        let replies = self.client.broadcast_messages(self.request(numbered(stream, count)))?;
        self.read(replies, !stream, count, left).await
    }

    /// Reads so many messages and the end; or not so many, and leaves.
    async fn read(
        &self,
        mut replies: Streaming<Message>,
        stream: u64,
        count: u64,
        left: u64,
    ) -> Result<(), Failure> {
        let mut number = 0;
        while let Some(reply) = replies.message().await? {
            check(&reply, stream, number)?;
            self.tally.message();
            number += 1;
            if number > left {
                return Err(Failure::Left);
            }
        }
        match number == count {
            true => Ok(()),
            false => Err(Failure::Wrong(format!("{number} replies of {count}, and OK"))),
        }
    }

    async fn upload(&mut self) -> Result<(), Failure> {
        let (stream, count, left) = self.plan();
        let (mut sender, reply) = self.client.upload_stream(self.request(()))?;
        let mut messages = self.messages(stream, count.min(left));
        // That it fails means that the call has ended: the reply says how.
        let _ = sender.send_all(&mut messages).await;
        if left < count {
            return Err(Failure::Left);
        }
        sender.close().await;
        let reply = reply.await?;
        // An empty upload names no stream.
        let stream = if count == 0 { 0 } else { stream };
        Ok(check(reply.get_ref(), !stream, count)?)
    }

    async fn converse(&mut self) -> Result<(), Failure> {
        let (stream, count, left) = self.plan();
        let (mut sender, replies) = self.client.chat_stream(self.request(()))?;
        let mut messages = self.messages(stream, count);
        let send = async {
            let _ = sender.send_all(&mut messages).await;
            sender.close().await;
        };
        join(send, self.read(replies, !stream, count, left)).await.1
    }

    fn messages(
        &self,
        stream: u64,
        count: u64,
    ) -> impl futures::Stream<Item = Result<Message, quartet::rpc::Ended>> + Unpin + use<> {
        let tally = self.tally.clone();
        stream::iter(0..count).map(move |number| {
            tally.message();
            Ok(numbered(stream, number))
        })
    }
}

/// Why a call has not gone well.
enum Failure {
    /// The caller has left it.
    Left,
    Ended(Status),
    Wrong(String),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Failure::Ended(status)
    }
}

impl From<String> for Failure {
    fn from(what: String) -> Self {
        Failure::Wrong(what)
    }
}
