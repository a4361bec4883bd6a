//! What a handler is run under: it is dropped when nobody waits for it any more, its panics are
//! errors, and its stalls are told.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures_timer::Delay;
use pin_project_lite::pin_project;

use crate::seam::ServerCall;

use super::Status;

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
    UntilOver { call: call.clone(), method, future, timer: None }
}

pin_project! {
    // By hand, as an async block would hold (and move) each of its futures twice.
    pub(super) struct UntilOver<F> {
        call: Arc<ServerCall>,
        method: &'static str,
        #[pin]
        future: F,
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
        let this = self.project();
        match catch_unwind(AssertUnwindSafe(|| this.future.poll(cx))) {
            Ok(Poll::Pending) => poll_over(this.call, this.timer, cx).map(Err),
            Ok(ready) => ready,
            Err(panic) => Poll::Ready(Err(panicked(this.method, panic))),
        }
    }
}

/// Ready when the caller no longer waits, with the status that says why.
fn poll_over(call: &ServerCall, timer: &mut Option<Delay>, cx: &mut Context<'_>) -> Poll<Status> {
    if call.poll_end(cx).is_ready() {
        return Poll::Ready(Status::cancelled("the caller cancelled or is gone"));
    }
    let Some(deadline) = call.deadline() else { return Poll::Pending };
    let timer =
        timer.get_or_insert_with(|| Delay::new(deadline.saturating_duration_since(Instant::now())));
    ready!(timer.poll_unpin(cx));
    Poll::Ready(Status::deadline_exceeded("time was up on the server"))
}

/// What the caller of a handler that panicked is told; the rest is for the log.
fn panicked(method: &str, panic: Box<dyn Any + Send>) -> Status {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)");
    log::error!("{method}: the handler panicked: {text}");
    Status::internal("the handler panicked")
}

pin_project! {
    /// All that is done for one call, in its task on the completion queue: within the call, timed,
    /// and with an end even where a destructor panics (the handler itself is guarded before).
    pub(super) struct Task<F> {
        pub call: Arc<ServerCall>,
        pub method: &'static str,
        #[pin]
        pub work: F,
    }
}

impl<F: Future<Output = ()>> Future for Task<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let started = Instant::now();
        let polled = catch_unwind(AssertUnwindSafe(|| this.call.within(|| this.work.poll(cx))));
        tell_stall(this.method, started.elapsed());
        polled.unwrap_or_else(|panic| {
            panicked(this.method, panic);
            Poll::Ready(())
        })
    }
}

/// A poll that takes longer has held up every other call of its queue.
const STALL: Duration = Duration::from_millis(100);

/// Logs the name of a method whose poll took too long.
fn tell_stall(method: &str, took: Duration) {
    if took >= STALL {
        log::warn!(
            "{method}: the handler held up its completion queue for {took:.1?}; \
             blocking work belongs into quartet::rpc::blocking"
        );
    }
}
