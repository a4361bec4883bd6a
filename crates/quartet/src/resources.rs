//! Whether enough threads and descriptors are available.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use futures_timer::Delay;

/// Checks that so many threads can be started, and with the first ones those of C-core and of the
/// timer, and that C-core gets its descriptors: all of them are had for a moment. Without a thread
/// for a queue grpcio panics; without its own threads C-core goes on, so that calls outlive their
/// deadlines and connections hang; without descriptors it aborts.
///
/// # Errors
/// When they can't; a text that says what to do.
pub(crate) fn check(threads: usize) -> io::Result<()> {
    static CORE_HAS_ITS_OWN: AtomicBool = AtomicBool::new(false);
    let (threads, pipes) = match CORE_HAS_ITS_OWN.load(Relaxed) {
        true => (threads, 0),
        false => (threads + of_core(), PIPES),
    };
    start(threads).map_err(|error| {
        missing(&error, "threads", threads, "pids.max of the container, ulimit -u")
    })?;
    open(pipes).map_err(|error| missing(&error, "file descriptors", 2 * pipes, "ulimit -n"))?;
    if !CORE_HAS_ITS_OWN.swap(true, Relaxed) {
        // Has the timer start its thread, while there is one.
        drop(Delay::new(Duration::ZERO));
    }
    Ok(())
}

/// How many threads C-core starts at once, and the timer: a pool of one for each core, from 2 to
/// 16, and a few others.
fn of_core() -> usize {
    const OTHERS: usize = 8;
    thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 16)) + OTHERS
}

/// Two descriptors each: as many as C-core opens before it can report an error.
const PIPES: usize = 4;

fn missing(error: &io::Error, what: &str, count: usize, limit: &str) -> io::Error {
    let why = format!("{count} {what} are needed now ({error}): raise the limit ({limit})");
    io::Error::new(error.kind(), why)
}

/// Opens so many pipes, which are open together, and closes them.
fn open(pipes: usize) -> io::Result<()> {
    let pipes: io::Result<Vec<_>> = (0..pipes).map(|_| io::pipe()).collect();
    pipes.map(drop)
}

/// Starts so many threads, which are there together, and end.
fn start(count: usize) -> io::Result<()> {
    let gate = Mutex::new(());
    let closed = gate.lock();
    thread::scope(|scope| {
        let started = (0..count).try_for_each(|_| {
            let thread = thread::Builder::new().name("quartet-try".into());
            thread.spawn_scoped(scope, || drop(gate.lock())).map(drop)
        });
        drop(closed);
        started
    })
}
