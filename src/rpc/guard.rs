//! What a handler is run under: it is dropped when nobody waits for it any more, its panics are
//! errors, and its stalls are told.

use std::any::Any;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::{self, Either};
use futures_timer::Delay;

use crate::seam::ServerCall;

use super::Status;

/// Runs a handler's future until it is done, or the caller is gone, or time is up, and
/// drops it then. A panic is an error.
pub(super) async fn until_over<T>(
    call: &ServerCall,
    method: &'static str,
    future: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    let mut future = pin!(AssertUnwindSafe(future).catch_unwind());
    let mut over = pin!(over(call));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(Ok(result)) => Poll::Ready(result),
        Poll::Ready(Err(panic)) => Poll::Ready(Err(panicked(method, panic))),
        Poll::Pending => over.as_mut().poll(cx).map(Err),
    })
    .await
}

/// Ready when the caller no longer waits, with the status that says why.
async fn over(call: &ServerCall) -> Status {
    let ended = poll_fn(|cx| call.poll_end(cx));
    let gone = || Status::cancelled("the caller cancelled or is gone");
    let Some(deadline) = call.deadline() else {
        ended.await;
        return gone();
    };
    let left = deadline.saturating_duration_since(Instant::now());
    match future::select(ended, Delay::new(left)).await {
        Either::Left(_) => gone(),
        Either::Right(_) => Status::deadline_exceeded("time was up on the server"),
    }
}

/// What the caller of a handler that panicked is told; the rest is for the log.
pub(super) fn panicked(method: &str, panic: Box<dyn Any + Send>) -> Status {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)");
    log::error!("{method}: the handler panicked: {text}");
    Status::internal("the handler panicked")
}

/// A poll that takes longer has held up every other call of its queue.
const STALL: Duration = Duration::from_millis(100);

/// Logs the name of a method whose poll took too long.
pub(super) fn tell_stall(method: &str, took: Duration) {
    if took >= STALL {
        log::warn!(
            "{method}: the handler held up its completion queue for {took:.1?}; \
             blocking work belongs into quartet::rpc::blocking"
        );
    }
}
