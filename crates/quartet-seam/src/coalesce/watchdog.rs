//! Sends what is held back by a queue's thread that does not come to sleep, as a handler keeps it.

use std::ffi::c_int;
use std::mem;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use super::held::Held;
use super::table;

/// What has been held for a tick is sent.
const TICK: Duration = Duration::from_millis(1);
/// After so many ticks in which nothing was held it goes to rest, and costs nothing.
const QUIET: u32 = 50;

/// The queues' threads, each with the flushes that it had made at the last tick.
static THREADS: Mutex<Vec<(Weak<Held>, u64)>> = Mutex::new(Vec::new());
/// Connections of which the kernel did not take all.
static FULL: Mutex<Vec<c_int>> = Mutex::new(Vec::new());

static THREAD: OnceLock<Option<Thread>> = OnceLock::new();
static AWAKE: AtomicBool = AtomicBool::new(false);
/// The process that holds. A fork of it has the same sockets, and must leave them alone.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Watches over what a thread holds, for as long as the thread is there. Says whether it can.
pub(super) fn watch(held: &Arc<Held>) -> bool {
    lock(&THREADS).push((Arc::downgrade(held), 0));
    let started = THREAD.get_or_init(|| {
        PROCESS.store(process::id(), SeqCst);
        // SAFETY: the function may be called whenever, and by any thread.
        unsafe { libc::atexit(send_the_rest) };
        let started = thread::Builder::new().name("quartet-flush".into()).spawn(run);
        started.ok().map(|started| started.thread().clone())
    });
    started.is_some()
}

/// To be called when something is held.
pub(super) fn wake() {
    let was_awake = AWAKE.load(SeqCst) || AWAKE.swap(true, SeqCst);
    if !was_awake && let Some(Some(thread)) = THREAD.get() {
        thread.unpark();
    }
}

/// Sends the rest of what a connection holds as soon as the kernel takes it.
pub(super) fn retry(fd: c_int) {
    lock(&FULL).push(fd);
    wake();
}

/// Sends what is held, as the process exits.
pub(super) extern "C" fn send_the_rest() {
    if PROCESS.load(SeqCst) != process::id() {
        return;
    }
    // Who has the lock may be a thread that is no more.
    if let Ok(threads) = THREADS.try_lock() {
        threads.iter().filter_map(|(held, _)| held.upgrade()).for_each(|held| drop(held.flush()));
    }
}

fn run() {
    let mut quiet = 0;
    loop {
        while !AWAKE.load(SeqCst) {
            thread::park();
        }
        thread::sleep(TICK);
        quiet = if tick() { 0 } else { quiet + 1 };
        if quiet == QUIET {
            // Who holds something after this wakes us; what was held before it is seen here.
            AWAKE.store(false, SeqCst);
            if tick() {
                wake();
            }
            quiet = 0;
        }
    }
}

/// Says whether anything was held since the last one.
fn tick() -> bool {
    let mut busy = false;
    let mut late = Vec::new();
    lock(&THREADS).retain_mut(|(held, before)| {
        let Some(held) = held.upgrade() else { return false };
        let flushes = held.flushes();
        let holds = !held.is_empty();
        if holds && flushes == *before {
            late.push(held);
        }
        busy |= holds || flushes != *before;
        *before = flushes;
        true
    });
    late.iter().flat_map(|held| held.flush()).for_each(retry);
    let full = mem::take(&mut *lock(&FULL));
    busy |= !full.is_empty();
    full.into_iter().filter(|fd| !table::flush(*fd)).for_each(retry);
    busy
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
