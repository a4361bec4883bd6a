use std::cell::OnceCell;
use std::ffi::c_int;
use std::sync::Arc;

use super::held::Held;
use super::pace::Pace;
use super::watchdog;

/// The thread of a completion queue that holds writes back.
struct Queue {
    pace: Pace,
    held: Arc<Held>,
}

impl Queue {
    /// Sends what is held, and leaves to the watchdog what the kernel does not take.
    fn flush(&self) {
        self.held.flush().into_iter().for_each(watchdog::retry);
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.flush();
    }
}

thread_local! {
    static QUEUE: OnceCell<Queue> = const { OnceCell::new() };
}

/// Makes this thread one that holds writes back, if they can be watched over.
pub(super) fn mark_this_thread() -> bool {
    let held = Arc::default();
    watchdog::watch(&held)
        && QUEUE.with(|queue| queue.set(Queue { pace: Pace::default(), held }).is_ok())
}

/// Runs `f` if this is a thread that holds writes back.
fn with<R>(f: impl FnOnce(&Queue) -> R) -> Option<R> {
    QUEUE.try_with(|queue| queue.get().map(f)).ok().flatten()
}

pub(super) fn is_this_thread() -> bool {
    with(|_| ()).is_some()
}

/// How many writes this thread may hold on the connection that it is about to write to; with 1
/// or 0, none.
pub(super) fn about_to_write() -> u32 {
    with(|queue| queue.pace.wrote()).unwrap_or(0)
}

/// To be called when something is held on a connection on which nothing was.
pub(super) fn holds(fd: c_int) {
    with(|queue| queue.held.add(fd));
    watchdog::wake();
}

/// To be called when this thread may be about to sleep.
pub(super) fn about_to_sleep() {
    with(|queue| {
        queue.pace.sleeps();
        queue.flush();
    });
}
