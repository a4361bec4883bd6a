use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use futures::future::{self, Either};
use futures_timer::Delay;

/// How soon the pool is asked again for a thread.
const AGAIN: Duration = Duration::from_millis(100);

/// Runs a function that blocks, or that computes for long, on a pool of threads made for
/// it, and gives its result.
///
/// A handler runs on the thread of a completion queue, together with every other call of
/// the same connections: while it blocks, they all wait. A handler that awaits this
/// function does not hold them up. If the handler is dropped meanwhile (its caller has
/// gone, its time is up), a function that has started runs to its end and its result is
/// dropped. A panic in the function is a panic in the handler. While the machine has no thread for
/// it, it waits for one.
///
/// ```
/// # futures::executor::block_on(async {
/// let hash = quartet::rpc::blocking(|| (0..1_000_000u64).fold(7, |h, n| h ^ (h << 5) ^ n)).await;
/// # let _ = hash; });
/// ```
pub fn blocking<T: Send + 'static>(
    function: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = T> + Send {
    let started = Arc::new(AtomicBool::new(false));
    let starts = started.clone();
    let mut task = blocking::unblock(move || {
        starts.store(true, Relaxed);
        function()
    });
    async move {
        loop {
            match future::select(task, Delay::new(AGAIN)).await {
                Either::Left((value, _)) => return value,
                Either::Right(((), waiting)) => task = waiting,
            }
            if started.load(Relaxed) {
                return task.await;
            }
            // The pool looks for a thread only when it is given something to do.
            drop(blocking::unblock(|| ()));
        }
    }
}
