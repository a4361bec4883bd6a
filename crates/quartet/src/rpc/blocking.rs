use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

/// Runs a function that blocks, or computes for long, on a thread pool for such work, and returns
/// its result.
///
/// A handler runs on the thread of a completion queue, together with every other call of the same
/// connections: while it blocks, they all wait. A handler that awaits this function does not hold
/// them up. If the handler is dropped meanwhile (its caller disconnected, its deadline passed), a
/// function that has started runs to its end and its result is dropped. A panic in the function is
/// a panic in the handler.
///
/// # Panics
/// When no thread is free and none can be started: the caller gets `INTERNAL`.
///
/// ```
/// # futures::executor::block_on(async {
/// let hash = quartet::rpc::blocking(|| (0..1_000_000u64).fold(7, |h, n| h ^ (h << 5) ^ n)).await;
/// # let _ = hash; });
/// ```
pub fn blocking<T: Send + 'static>(
    function: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = T> + Send {
    let at_work = AtWork::begin();
    blocking::unblock(move || {
        let _at_work = at_work;
        function()
    })
}

/// How many functions run, or are to run.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

/// One of them, until it is dropped.
struct AtWork(());

impl AtWork {
    /// A pool without a thread tries to start one for ever, and holds up its caller. While there is
    /// work it has one.
    fn begin() -> Self {
        let first = AT_WORK.fetch_add(1, SeqCst) == 0;
        let at_work = AtWork(());
        if first && let Err(error) = thread::Builder::new().spawn(|| {}) {
            panic!("can't start a thread for blocking work: {error}");
        }
        at_work
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.fetch_sub(1, SeqCst);
    }
}
