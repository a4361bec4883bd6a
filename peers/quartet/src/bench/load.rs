//! A client at work: calls of one type, in a closed loop or an open one, over either stack.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use futures::channel::{mpsc, oneshot};
use futures::future::{self, Shared};
use futures::{FutureExt, SinkExt, StreamExt};
use futures_timer::Delay;
use quartet::rpc::Code;

use super::pace;
use super::results::{self, Results};
use super::session::Measured;
use super::setup;
use super::stub::{Answer, Answers, Requests, Stub};
use super::usage::{self, Usage};
use crate::proto::grpc::testing::{ClientStatus, RpcType, SimpleRequest};

/// How long a place waits whose call has failed, so that a server that is gone is not called in
/// a tight loop, in which no connection could come about.
const AFTER_FAILURE: Duration = Duration::from_millis(10);

/// The client, until it is dropped.
pub struct Load {
    setup: Arc<setup::Client>,
    results: Vec<Arc<Results>>,
    usage: Usage,
    /// Dropped, it stops all tasks.
    stop: oneshot::Sender<Infallible>,
    /// Ends with the last task.
    tasks: mpsc::Receiver<Infallible>,
}

/// What each task runs under.
#[derive(Clone)]
struct Tether {
    stopped: Shared<oneshot::Receiver<Infallible>>,
    _alive: mpsc::Sender<Infallible>,
}

impl Tether {
    fn has_ended(&mut self) -> bool {
        (&mut self.stopped).now_or_never().is_some()
    }

    async fn hold(self, work: impl Future) {
        future::select(pin!(work), self.stopped).await;
    }
}

impl Load {
    /// Begins to call, over a stub for each channel.
    pub fn start<S: Stub>(setup: setup::Client, stubs: Vec<S>) -> Self {
        let setup = Arc::new(setup);
        let (stop, stopped) = oneshot::channel();
        let (alive, tasks) = mpsc::channel(0);
        let tether = Tether { stopped: stopped.shared(), _alive: alive };
        let callers = stubs.into_iter().map(|stub| Caller {
            stub,
            setup: setup.clone(),
            results: Arc::new(Results::new(setup.scale)),
        });
        let callers: Vec<_> = callers.collect();
        let results = callers.iter().map(|caller| caller.results.clone()).collect();
        match setup.offered_load {
            None => closed_loop(&callers, setup.outstanding, &tether),
            Some(rate) => open_loop(callers, rate, tether),
        }
        Load { setup, results, usage: Usage::new(), stop, tasks }
    }
}

impl Measured for Load {
    type Status = ClientStatus;

    fn status(&mut self, reset: bool) -> ClientStatus {
        let results = self.results.iter().map(Arc::as_ref);
        let mut stats = results::collect(results, self.setup.scale, reset);
        usage::add(&self.usage.stats(reset), &mut stats);
        ClientStatus { stats: Some(stats).into(), ..ClientStatus::default() }
    }

    async fn end(mut self) {
        drop(self.stop);
        self.tasks.next().await;
    }
}

fn closed_loop<S: Stub>(callers: &[Caller<S>], outstanding: usize, tether: &Tether) {
    for caller in callers {
        for _ in 0..outstanding {
            caller.stub.spawn(tether.clone().hold(caller.clone().keep_on()));
        }
    }
}

/// Each call is begun on the thread that keeps the pace, and goes on on the queue's.
fn open_loop<S: Stub>(callers: Vec<Caller<S>>, rate: f64, tether: Tether) {
    let mut end = tether.clone();
    thread::spawn(move || {
        let mut turn = callers.iter().cycle();
        pace::keep(
            rate,
            || end.has_ended(),
            |due| {
                if let Some(caller) = turn.next() {
                    let (stub, caller) = (&caller.stub, caller.clone());
                    let call = async move {
                        if let Err(code) = caller.unary(due).await {
                            caller.results.failed(code);
                        }
                    };
                    stub.spawn(tether.clone().hold(call));
                }
            },
        );
    });
}

/// Who makes the calls of a channel.
#[derive(Clone)]
struct Caller<S> {
    stub: S,
    setup: Arc<setup::Client>,
    results: Arc<Results>,
}

impl<S: Stub> Caller<S> {
    /// Makes one call after the other.
    async fn keep_on(self) {
        leave_the_drivers_call().await;
        loop {
            if let Err(code) = self.work().await {
                self.results.failed(code);
                Delay::new(AFTER_FAILURE).await;
            }
        }
    }

    /// One call, or one stream.
    async fn work(&self) -> Result<(), Code> {
        match self.setup.work {
            RpcType::UNARY => self.unary(Instant::now()).await,
            RpcType::STREAMING => self.streaming().await,
            RpcType::STREAMING_FROM_CLIENT => self.streaming_from_client().await,
            RpcType::STREAMING_FROM_SERVER => self.streaming_from_server().await,
            RpcType::STREAMING_BOTH_WAYS => self.streaming_both_ways().await,
        }
    }

    async fn unary(&self, since: Instant) -> Result<(), Code> {
        self.check(Some(&self.stub.unary(self.request()).await))?;
        self.results.took(since);
        Ok(())
    }

    /// A message there, and one back.
    async fn streaming(&self) -> Result<(), Code> {
        let (mut requests, mut answers) = self.stub.streaming().map_err(code::<S>)?;
        for _ in 0..self.setup.messages_per_stream {
            let since = Instant::now();
            // Its answers report that the call has ended.
            let _ = requests.send(self.request()).await;
            self.check(answers.next().await.as_ref())?;
            self.results.took(since);
        }
        half_close::<S>(&mut requests).await;
        while let Some(answer) = answers.next().await {
            self.check(Some(&answer))?;
        }
        Ok(())
    }

    async fn streaming_from_client(&self) -> Result<(), Code> {
        let (mut requests, reply) = self.stub.streaming_from_client().map_err(code::<S>)?;
        let mut since = Instant::now();
        for _ in 0..self.setup.messages_per_stream {
            if self.put(&mut requests).await.is_err() {
                self.check(Some(&reply.await))?;
                return Err(Code::DataLoss);
            }
            since = self.results.took(since);
        }
        half_close::<S>(&mut requests).await;
        self.check(Some(&reply.await))
    }

    async fn streaming_from_server(&self) -> Result<(), Code> {
        let answers = self.stub.streaming_from_server(self.request()).map_err(code::<S>)?;
        self.receive(answers).await
    }

    async fn streaming_both_ways(&self) -> Result<(), Code> {
        let (mut requests, answers) = self.stub.streaming_both_ways().map_err(code::<S>)?;
        let sending = pin!(async {
            while self.put(&mut requests).await.is_ok() {}
            future::pending().await
        });
        let receiving = pin!(self.receive(answers));
        future::select(receiving, sending).await.factor_first().0
    }

    /// As many answers as a stream has, from one to the next. It is cancelled after that.
    async fn receive(&self, mut answers: impl Answers<S::Error>) -> Result<(), Code> {
        let mut since = Instant::now();
        for _ in 0..self.setup.messages_per_stream {
            self.check(answers.next().await.as_ref())?;
            since = self.results.took(since);
        }
        Ok(())
    }

    /// Sends the next request of a stream that has no end.
    async fn put<R: Requests>(&self, requests: &mut R) -> Result<(), R::Error> {
        match self.setup.tuned {
            true => requests.feed(self.request()).await,
            false => requests.send(self.request()).await,
        }
    }

    fn request(&self) -> SimpleRequest {
        self.setup.request.clone()
    }

    /// Whether an answer has come, as long as it was asked for. It is looked at where it lies.
    fn check(&self, answer: Option<&Answer<S::Error>>) -> Result<(), Code> {
        match answer {
            Some(Ok(answer)) if answer.payload.body.len() == self.setup.answer => Ok(()),
            Some(Err(error)) => Err(S::code(error)),
            Some(Ok(_)) | None => Err(Code::DataLoss),
        }
    }
}

fn code<S: Stub>(error: S::Error) -> Code {
    S::code(&error)
}

/// If the call has ended meanwhile, its answers report it.
async fn half_close<S: Stub>(requests: &mut impl Requests) {
    if !S::CLOSE_FLUSHES {
        let _ = requests.flush().await;
    }
    let _ = requests.close().await;
}

/// Goes on in a turn of its own on the queue's thread: a task is begun in the call of the driver
/// that asked for it, whose deadline would hold for what is called there.
async fn leave_the_drivers_call() {
    let mut left = false;
    future::poll_fn(|cx| {
        if left {
            return Poll::Ready(());
        }
        left = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
