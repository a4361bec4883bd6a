//! The calls that this thread serves: the one it works on, and the one that grpcio hands over.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use grpcio_sys as sys;

use super::ServerCall;
use super::during::during;

impl ServerCall {
    /// Runs `f` with this call as the [`current`] one of the thread. All that grpcio
    /// does for the call (reading requests, sending replies) has to run within.
    pub fn within<R>(self: &Arc<Self>, f: impl FnOnce() -> R) -> R {
        during(&CURRENT, Arc::as_ptr(self), f)
    }
}

/// Runs `f` outside of any call.
pub fn outside<R>(f: impl FnOnce() -> R) -> R {
    during(&CURRENT, ptr::null(), f)
}

thread_local! {
    /// The call within which this thread works. It is alive: `within` borrows it.
    static CURRENT: Cell<*const ServerCall> = const { Cell::new(ptr::null()) };
    /// The call that grpcio has just accepted on this thread, until its handler takes it.
    static ACCEPTED: RefCell<Option<Arc<ServerCall>>> = const { RefCell::new(None) };
    /// The deadline that grpcio has just read for the call that it is about to accept.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The call that is being served on this thread, if any.
pub fn current() -> Option<Arc<ServerCall>> {
    let call = CURRENT.get();
    // SAFETY: a pointer in `CURRENT` came out of an `Arc` that `within` borrows for as
    // long as it stands there; the count is raised for the `Arc` that is made.
    unsafe {
        (!call.is_null()).then(|| {
            Arc::increment_strong_count(call);
            Arc::from_raw(call)
        })
    }
}

/// The current call, if it is the one of this pointer.
pub(super) fn current_is(call: *mut sys::grpc_call) -> Option<Arc<ServerCall>> {
    current().filter(|current| current.call == call)
}

/// The call that grpcio is handing to the handler that runs now. Once for each call,
/// first thing in the handler, as the next call accepted takes its place.
pub fn accepted() -> Option<Arc<ServerCall>> {
    ACCEPTED.take()
}

pub(super) fn set_accepted(call: Arc<ServerCall>) {
    ACCEPTED.set(Some(call));
}

/// Keeps a deadline as C-core gives it for the call that is accepted next.
pub(super) fn set_deadline(deadline: sys::gpr_timespec) {
    DEADLINE.set(instant(deadline));
}

pub(super) fn take_deadline() -> Option<Instant> {
    DEADLINE.take()
}

fn instant(time: sys::gpr_timespec) -> Option<Instant> {
    if time.tv_sec == i64::MAX {
        return None;
    }
    // SAFETY: reads the clock that the time was measured against.
    let now = unsafe { sys::gpr_now(time.clock_type) };
    let nanos = (i128::from(time.tv_sec) - i128::from(now.tv_sec)) * 1_000_000_000
        + i128::from(time.tv_nsec)
        - i128::from(now.tv_nsec);
    let left = Duration::from_nanos(nanos.clamp(0, u64::MAX.into()) as u64);
    Instant::now().checked_add(left)
}
