//! Calls that reach a server which no longer takes any, before its clients know.
//!
//! C-core lets go of a server's handlers first and sends the GOAWAY then. What comes in between
//! it drops with `grpc_call_unref`, so that the caller gets `CANCELLED`, a code that nobody
//! retries. Such a call has reached no handler: we end it with `UNAVAILABLE` before it is dropped.
//! A C-core that is a separate library drops its calls itself.

use std::cell::{Cell, LazyCell};
use std::fs;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use grpcio_sys::{self as sys, grpc_call, grpc_status_code};

use super::bundle;
use super::during::during;
use super::real::__real_grpc_call_unref;

/// How many servers are ending.
static ENDING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static INSIDE_CORE: Cell<bool> = const { Cell::new(false) };
}

/// A server that is ending, until this is dropped.
#[derive(Debug)]
pub struct Ending(());

impl Ending {
    /// To be called before the server is shut down.
    pub fn begin() -> Self {
        ENDING.fetch_add(1, Relaxed);
        Ending(())
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        ENDING.fetch_sub(1, Relaxed);
    }
}

/// Runs a function of C-core's in which it works on connections. What it drops there is its own:
/// grpcio gives calls back from Rust.
pub fn inside_core<R>(f: impl FnOnce() -> R) -> R {
    during(&INSIDE_CORE, true, f)
}

/// Whether this thread is in such a function.
pub(super) fn is_inside_core() -> bool {
    INSIDE_CORE.get()
}

/// Whether this is a thread of C-core's own, on which none of grpcio's calls are given back: it
/// works off there what a queue's thread has no time for.
fn on_core_thread() -> bool {
    thread_local! {
        // As far as Linux keeps it of `default-executor`.
        static NAMED: LazyCell<bool> = LazyCell::new(|| {
            fs::read("/proc/thread-self/comm").is_ok_and(|name| name.starts_with(b"default-executo"))
        });
    }
    NAMED.with(|named| **named)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_call_unref(call: *mut grpc_call) {
    bundle::forget(call);
    // SAFETY: as it was called: the caller has a reference, which is given back last.
    unsafe {
        if ENDING.load(Relaxed) > 0 && (INSIDE_CORE.get() || on_core_thread()) {
            let (code, text) =
                (grpc_status_code::GRPC_STATUS_UNAVAILABLE, c"the server is shutting down");
            sys::grpc_call_cancel_with_status(call, code, text.as_ptr(), ptr::null_mut());
        }
        inside_core(|| __real_grpc_call_unref(call));
    }
}
