//! The client's loops: closed, where calls begin when others have ended, or open, where they begin
//! at times of their own.

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

use super::WRONG;
use super::figures::{Counts, Figures};
use super::pace;
use super::setup::{Client, Pace, Style};
use super::stub::{Answer, Answers, Requests, Stub};
use super::usage::{Usage, Used};

/// How long a place waits whose call has failed, so that a server that is gone is not called in
/// a tight loop, in which no connection could come about.
const AFTER_FAILURE: Duration = Duration::from_millis(10);

/// A client that calls until it is dropped.
#[derive(Debug)]
pub struct Load {
    setup: Arc<Client>,
    figures: Vec<Arc<Figures>>,
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
    /// Begins to call, over a stub for each channel. With `feeds`, messages that a stream sends
    /// without waiting for an answer are not flushed one by one.
    pub fn start<S: Stub>(setup: Client, stubs: Vec<S>, feeds: bool) -> Self {
        let setup = Arc::new(setup);
        let (stop, stopped) = oneshot::channel();
        let (alive, tasks) = mpsc::channel(0);
        let tether = Tether { stopped: stopped.shared(), _alive: alive };
        let callers = stubs.into_iter().map(|stub| Caller {
            stub,
            request: S::request(setup.request, setup.answer),
            setup: setup.clone(),
            feeds,
            figures: Arc::new(Figures::new(setup.scale)),
        });
        let callers: Vec<_> = callers.collect();
        let figures = callers.iter().map(|caller| caller.figures.clone()).collect();
        match setup.pace {
            Pace::Closed(in_flight) => closed_loop(&callers, in_flight, &tether),
            Pace::Open(rate) => open_loop(callers, rate, tether),
        }
        Load { setup, figures, usage: Usage::now(), stop, tasks }
    }

    /// What has been counted and used since the last reset.
    pub fn figures(&mut self, reset: bool) -> (Counts, Used) {
        let channels = self.figures.iter().map(Arc::as_ref);
        (Counts::of(channels, self.setup.scale, reset), self.usage.used(reset))
    }

    /// Ends it, and waits until nothing of it runs any more.
    pub async fn end(mut self) {
        drop(self.stop);
        self.tasks.next().await;
    }
}

fn closed_loop<S: Stub>(callers: &[Caller<S>], in_flight: usize, tether: &Tether) {
    for caller in callers {
        for _ in 0..in_flight {
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
                            caller.figures.failed(code);
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
struct Caller<S: Stub> {
    stub: S,
    request: S::Request,
    setup: Arc<Client>,
    feeds: bool,
    figures: Arc<Figures>,
}

impl<S: Stub> Caller<S> {
    /// Makes one call after the other.
    async fn keep_on(self) {
        leave_the_drivers_call().await;
        loop {
            if let Err(code) = self.work().await {
                self.figures.failed(code);
                Delay::new(AFTER_FAILURE).await;
            }
        }
    }

    /// One call, or one stream.
    async fn work(&self) -> Result<(), i32> {
        match self.setup.style {
            Style::Unary => self.unary(Instant::now()).await,
            Style::Streaming => self.streaming().await,
            Style::FromClient => self.streaming_from_client().await,
            Style::FromServer => self.streaming_from_server().await,
            Style::BothWays => self.streaming_both_ways().await,
        }
    }

    async fn unary(&self, since: Instant) -> Result<(), i32> {
        self.check(self.stub.unary(self.request.clone()).await)?;
        self.figures.took(since);
        Ok(())
    }

    /// A message there, and one back.
    async fn streaming(&self) -> Result<(), i32> {
        let (mut requests, mut answers) = self.stub.streaming()?;
        for _ in 0..self.setup.messages {
            let since = Instant::now();
            // Its answers report that the call has ended.
            let _ = requests.send(self.request.clone()).await;
            self.check(next(&mut answers).await)?;
            self.figures.took(since);
        }
        half_close::<S>(&mut requests).await;
        while let Some(answer) = answers.next().await {
            self.check(answer)?;
        }
        Ok(())
    }

    async fn streaming_from_client(&self) -> Result<(), i32> {
        let (mut requests, reply) = self.stub.streaming_from_client()?;
        let mut since = Instant::now();
        for _ in 0..self.setup.messages {
            if self.put(&mut requests).await.is_err() {
                self.check(reply.await)?;
                return Err(WRONG);
            }
            since = self.figures.took(since);
        }
        half_close::<S>(&mut requests).await;
        self.check(reply.await)
    }

    async fn streaming_from_server(&self) -> Result<(), i32> {
        let answers = self.stub.streaming_from_server(self.request.clone())?;
        self.receive(answers).await
    }

    async fn streaming_both_ways(&self) -> Result<(), i32> {
        let (mut requests, answers) = self.stub.streaming_both_ways()?;
        let sending = pin!(async {
            while self.put(&mut requests).await.is_ok() {}
            future::pending().await
        });
        let receiving = pin!(self.receive(answers));
        future::select(receiving, sending).await.factor_first().0
    }

    /// As many answers as a stream has, from one to the next. It is cancelled after that.
    async fn receive(&self, mut answers: impl Answers) -> Result<(), i32> {
        let mut since = Instant::now();
        for _ in 0..self.setup.messages {
            self.check(next(&mut answers).await)?;
            since = self.figures.took(since);
        }
        Ok(())
    }

    /// Sends the next request of a stream that has no end.
    async fn put<R: Requests<S::Request>>(&self, requests: &mut R) -> Result<(), R::Error> {
        match self.feeds {
            true => requests.feed(self.request.clone()).await,
            false => requests.send(self.request.clone()).await,
        }
    }

    fn check(&self, answer: Answer) -> Result<(), i32> {
        match answer? == self.setup.answer {
            true => Ok(()),
            false => Err(WRONG),
        }
    }
}

/// The next answer of a stream that is not to end yet.
async fn next(answers: &mut impl Answers) -> Answer {
    answers.next().await.unwrap_or(Err(WRONG))
}

/// If the call has ended meanwhile, its answers report it.
async fn half_close<S: Stub>(requests: &mut impl Requests<S::Request>) {
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
