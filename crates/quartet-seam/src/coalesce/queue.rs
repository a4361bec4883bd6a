use std::cell::OnceCell;
use std::ffi::c_int;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::pace::Pace;
use super::{table, watchdog};

/// The thread of a completion queue that holds writes back.
struct Queue {
    pace: Pace,
    held: Arc<Held>,
}

/// The connections on which a thread has held something back since it slept.
#[derive(Default)]
pub(super) struct Held {
    sockets: Mutex<Vec<c_int>>,
    /// How often they were sent.
    flushes: AtomicU64,
}

impl Held {
    fn add(&self, fd: c_int) {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner).push(fd);
    }

    pub fn is_empty(&self) -> bool {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Sends what is held on them, and hands over to the watchdog what the kernel does not take.
    pub fn flush(&self) {
        let sockets = mem::take(&mut *self.sockets.lock().unwrap_or_else(PoisonError::into_inner));
        if !sockets.is_empty() {
            self.flushes.fetch_add(1, Relaxed);
        }
        for fd in sockets {
            if !table::flush(fd) {
                watchdog::retry(fd);
            }
        }
    }

    pub fn flushes(&self) -> u64 {
        self.flushes.load(Relaxed)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.held.flush();
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
        queue.held.flush();
    });
}
