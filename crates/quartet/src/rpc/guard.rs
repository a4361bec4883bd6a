//! What a handler runs under: it is dropped when nobody waits for it any more, its panics become
//! errors, and its stalls are logged.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures_timer::Delay;
use pin_project_lite::pin_project;

use quartet_seam::panics::caught;
use quartet_seam::{ServerCall, outside, ticks};

use super::{Code, Status};

/// Runs a handler's future until it is done, or the caller is gone, or time is up, and
/// drops it then. A panic is an error.
pub(super) fn until_over<F, T>(
    call: &Arc<ServerCall>,
    method: &'static str,
    future: F,
) -> UntilOver<F>
where
    F: Future<Output = Result<T, Status>>,
{
    UntilOver { call: call.clone(), method, future: Some(future), timer: None }
}

pin_project! {
    // By hand, as an async block would hold (and move) each of its futures twice.
    pub(super) struct UntilOver<F> {
        call: Arc<ServerCall>,
        method: &'static str,
        // Until it is over.
        #[pin]
        future: Option<F>,
        // Of the caller's deadline; there once the future had to wait.
        timer: Option<Delay>,
    }
}

impl<F, T> Future for UntilOver<F>
where
    F: Future<Output = Result<T, Status>>,
{
    type Output = Result<T, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Pending };
        let outcome = match caught(|| future.poll(cx)) {
            Ok(Poll::Pending) => Err(ready!(poll_over(this.call, this.timer, cx))),
            Ok(Poll::Ready(outcome)) => outcome,
            Err(panic) => Err(panicked(this.method, &panic)),
        };
        // The end is no longer waited for, and would have the task polled once more.
        this.call.forget_waker();
        match caught(|| this.future.set(None)) {
            Ok(()) => Poll::Ready(outcome),
            Err(panic) => Poll::Ready(Err(panicked(this.method, &panic))),
        }
    }
}

/// Ready when the caller no longer waits, with the status that says why.
fn poll_over(call: &ServerCall, timer: &mut Option<Delay>, cx: &mut Context<'_>) -> Poll<Status> {
    if call.poll_end(cx).is_ready() {
        return Poll::Ready(Status::cancelled("the caller cancelled or disconnected"));
    }
    let Some(deadline) = call.deadline() else { return Poll::Pending };
    let timer =
        timer.get_or_insert_with(|| Delay::new(deadline.saturating_duration_since(Instant::now())));
    ready!(timer.poll_unpin(cx));
    Poll::Ready(Status::deadline_exceeded("the deadline passed on the server"))
}

/// What the caller of a handler that panicked gets; the rest goes to the log.
fn panicked(method: &str, panic: &str) -> Status {
    log::error!("{method}: the handler panicked: {panic}");
    Status::internal("the handler panicked")
}

pin_project! {
    /// All that is done for one call, in its task on the completion queue: within the call, timed,
    /// and with an end even where something panics that is not guarded nearer.
    pub(super) struct Task<F> {
        call: Arc<ServerCall>,
        method: &'static str,
        #[pin]
        work: Spawned<F>,
    }
}

impl<F: Future<Output = ()>> Task<F> {
    pub(super) fn new(call: Arc<ServerCall>, method: &'static str, work: F) -> Self {
        Task { call, method, work: Spawned::new(work) }
    }
}

impl<F: Future<Output = ()>> Future for Task<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let started = ticks();
        let polled = this.call.within(|| this.work.poll_caught(cx));
        tell_stall(this.method, ticks().saturating_sub(started));
        polled.map(|outcome| {
            if let Err(panic) = outcome {
                drop(panicked(this.method, &panic));
                // Nobody is left who could answer.
                if this.call.end().is_none() {
                    this.call.abort(Code::Internal as i32, c"the handler panicked");
                }
            }
        })
    }
}

pin_project! {
    /// A future on the thread of a completion queue, where neither it nor what it leaves may panic.
    pub(super) struct Spawned<F> {
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Spawned<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut future = this.project().future;
            if let Err(panic) = caught(|| future.set(None)) {
                log::error!("a value that a future left behind panicked on drop: {panic}");
            }
        }
    }
}

impl<F: Future<Output = ()>> Spawned<F> {
    pub(super) fn new(future: F) -> Self {
        Spawned { future: Some(future) }
    }

    /// Ready when the future is done, or with what a panic in it said.
    fn poll_caught(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), String>> {
        match self.project().future.as_pin_mut() {
            Some(future) => match caught(|| future.poll(cx)) {
                Ok(polled) => polled.map(Ok),
                Err(panic) => Poll::Ready(Err(panic)),
            },
            None => Poll::Ready(Ok(())),
        }
    }
}

impl<F: Future<Output = ()>> Future for Spawned<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // grpcio polls it at once where it is spawned, which may be within a call.
        outside(|| self.poll_caught(cx)).map(|outcome| {
            if let Err(panic) = outcome {
                log::error!("a future on a completion queue's thread panicked: {panic}");
            }
        })
    }
}

/// A poll that takes longer has held up every other call of its queue.
const STALL: Duration = Duration::from_millis(100);

/// Logs the name of a method whose poll took too long.
fn tell_stall(method: &str, took: Duration) {
    if took >= STALL {
        log::warn!(
            "{method}: the handler blocked its completion queue for {took:.1?}; move blocking work \
             to quartet::rpc::blocking"
        );
    }
}
