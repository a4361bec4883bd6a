//! From when deadlines count, so that no peer is promised more time than its caller was given.
//!
//! C-core reads the clock once for all that a thread does in it at a time, and whichever thread
//! holds a connection sends what others want to send. If it was held up since it read the clock,
//! it takes what is left of a deadline for more than it is. So a deadline counts from the
//! earliest time that any thread can take for now: each keeps here since when it has been at work.
//!
//! That covers the threads of completion queues, those that start batches, and C-core's own that
//! works off what they leave; not its timers, which hardly ever hold a connection. An installed
//! core keeps its sleeps to itself: of it only those count that start batches.

use std::ptr;
use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
};

use grpcio_sys::{self as sys, gpr_clock_type, gpr_timespec};

/// A thread that works in C-core now and then.
struct Thread {
    /// In nanoseconds of the monotonic clock; [`RESTS`] if it is not at work.
    since: AtomicU64,
    taken: AtomicBool,
    next: *const Thread,
}

// SAFETY: the pointer is never changed once others see it.
unsafe impl Sync for Thread {}

const RESTS: u64 = u64::MAX;

/// All there have been; those of threads that have ended are taken again.
static THREADS: AtomicPtr<Thread> = AtomicPtr::new(ptr::null_mut());
/// Whether this process makes calls.
static WANTED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static OWN: Own = Own(Thread::take());
}

struct Own(&'static Thread);

impl Drop for Own {
    fn drop(&mut self) {
        self.0.since.store(RESTS, Relaxed);
        self.0.taken.store(false, Release);
    }
}

impl Thread {
    fn all() -> impl Iterator<Item = &'static Thread> {
        // SAFETY: what is in the list is never freed.
        let mut next = unsafe { THREADS.load(Acquire).as_ref() };
        std::iter::from_fn(move || {
            let thread = next?;
            // SAFETY: as above.
            next = unsafe { thread.next.as_ref() };
            Some(thread)
        })
    }

    fn take() -> &'static Thread {
        let free = |thread: &&Thread| !thread.taken.swap(true, AcqRel);
        if let Some(thread) = Thread::all().find(free) {
            return thread;
        }
        let since = AtomicU64::new(RESTS);
        let new = Thread { since, taken: AtomicBool::new(true), next: ptr::null() };
        let new = Box::leak(Box::new(new));
        let mut first = THREADS.load(Relaxed);
        loop {
            new.next = first;
            match THREADS.compare_exchange(first, new, Release, Relaxed) {
                Ok(_) => return new,
                Err(now) => first = now,
            }
        }
    }
}

/// To be called before the first call of the process.
pub(crate) fn count_deadlines() {
    WANTED.store(true, Relaxed);
}

/// Runs a function of C-core's that does not sleep.
pub(super) fn at_work<R>(f: impl FnOnce() -> R) -> R {
    let began = WANTED.load(Relaxed) && begin();
    let result = f();
    if began {
        set(RESTS);
    }
    result
}

/// Runs a function in which C-core sleeps; it reads the clock anew afterwards. The thread is at
/// work then, until it [`rests`], if it was before or it `begins` so.
pub(super) fn asleep<R>(begins: impl FnOnce() -> bool, f: impl FnOnce() -> R) -> R {
    if !WANTED.load(Relaxed) {
        return f();
    }
    let worked = set(RESTS) != RESTS;
    let result = f();
    if worked || begins() {
        begin();
    }
    result
}

/// To be called when a thread comes back from where it may have slept.
pub(super) fn rests() {
    if WANTED.load(Relaxed) {
        set(RESTS);
    }
}

/// Notes that this thread is at work from now on, if it was not yet.
fn begin() -> bool {
    let begin = |own: &Own| {
        let rests = own.0.since.load(Relaxed) == RESTS;
        if rests {
            own.0.since.store(now(libc::CLOCK_MONOTONIC_COARSE), SeqCst);
        }
        rests
    };
    // At the end of a thread it is gone already.
    OWN.try_with(begin).unwrap_or(false)
}

/// Since when this thread has been at work, which is replaced.
fn set(since: u64) -> u64 {
    OWN.try_with(|own| own.0.since.swap(since, Relaxed)).unwrap_or(RESTS)
}

/// The deadline of a call that gets this much time, which is not counted from earlier than makes
/// half of it.
pub(super) fn deadline(timeout: gpr_timespec) -> gpr_timespec {
    if timeout.clock_type != gpr_clock_type::GPR_TIMESPAN || timeout.tv_sec > i64::from(u32::MAX) {
        return timeout;
    }
    // C-core's clock is another one than the system's by a few seconds.
    // SAFETY: reads the clock.
    let core = unsafe { sys::gpr_now(gpr_clock_type::GPR_CLOCK_MONOTONIC) };
    let now = now(libc::CLOCK_MONOTONIC);
    let half = nanos(timeout) / 2;
    let earliest = Thread::all().map(|thread| thread.since.load(SeqCst)).min();
    let before = now.saturating_sub(earliest.unwrap_or(RESTS)).min(half);
    let at = nanos(core) + nanos(timeout) - before;
    gpr_timespec {
        tv_sec: (at / SECOND) as i64,
        tv_nsec: (at % SECOND) as i32,
        clock_type: gpr_clock_type::GPR_CLOCK_MONOTONIC,
    }
}

const SECOND: u64 = 1_000_000_000;

fn nanos(time: gpr_timespec) -> u64 {
    time.tv_sec as u64 * SECOND + time.tv_nsec as u64
}

fn now(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the function writes one timespec; both clocks are there on every Linux.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * SECOND + time.tv_nsec as u64
}
