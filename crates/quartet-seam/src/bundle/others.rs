//! Bundles for whoever does not know of them: bare grpcio in the same process. It gets the first
//! message, and the others when it asks for more.

use std::collections::{HashMap, VecDeque};
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use grpcio_sys::{self as sys, grpc_byte_buffer, grpc_call};

use super::plain_length;
use super::position::Position;

/// What is left of bundles, by their calls.
static KEPT: Mutex<Option<HashMap<usize, Messages>>> = Mutex::new(None);
/// How many calls have something left.
static CALLS: AtomicUsize = AtomicUsize::new(0);

struct Messages(VecDeque<*mut grpc_byte_buffer>);

// SAFETY: the messages are theirs alone, and may be used by any thread.
unsafe impl Send for Messages {}

impl Drop for Messages {
    fn drop(&mut self) {
        // SAFETY: nobody else has them.
        self.0.drain(..).for_each(|message| unsafe { sys::grpc_byte_buffer_destroy(message) });
    }
}

fn kept() -> MutexGuard<'static, Option<HashMap<usize, Messages>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first message of a bundle; the others are kept for the call, or lost without one.
///
/// # Safety
/// `bundle` is a received bundle that is the caller's alone; so is what is returned.
pub(crate) unsafe fn keep(
    bundle: *mut grpc_byte_buffer,
    call: Option<*mut grpc_call>,
) -> *mut grpc_byte_buffer {
    // SAFETY: by the contract above.
    let mut messages = Messages(unsafe { apart(bundle) });
    let first = messages.0.pop_front().unwrap_or(std::ptr::null_mut());
    if let Some(call) = call
        && !messages.0.is_empty()
    {
        kept().get_or_insert_default().insert(call.addr(), messages);
        CALLS.fetch_add(1, Relaxed);
    }
    first
}

/// Whether there is a message left for the call.
pub(crate) fn has_more(call: *mut grpc_call) -> bool {
    CALLS.load(Relaxed) > 0 && kept().as_ref().is_some_and(|kept| kept.contains_key(&call.addr()))
}

/// The next message that is left for the call, or null.
pub(crate) fn next_of(call: *mut grpc_call) -> *mut grpc_byte_buffer {
    let mut kept = kept();
    let next = kept.as_mut().and_then(|kept| {
        let messages = kept.get_mut(&call.addr())?;
        let next = messages.0.pop_front();
        if messages.0.is_empty() {
            kept.remove(&call.addr());
            CALLS.fetch_sub(1, Relaxed);
        }
        next
    });
    next.unwrap_or(std::ptr::null_mut())
}

/// To be called when a call is let go of.
pub(crate) fn forget(call: *mut grpc_call) {
    if CALLS.load(Relaxed) > 0
        && let Some(kept) = &mut *kept()
        && kept.remove(&call.addr()).is_some()
    {
        CALLS.fetch_sub(1, Relaxed);
    }
}

/// The messages of a bundle, each in a buffer of its own.
///
/// # Safety
/// As [`keep`].
unsafe fn apart(bundle: *mut grpc_byte_buffer) -> VecDeque<*mut grpc_byte_buffer> {
    let mut messages = VecDeque::new();
    // SAFETY: a received message is a raw one, so the union holds `raw`, with so many slices, which
    // are alive until the bundle is destroyed. A message has references of its own to them.
    unsafe {
        let slices = &(*bundle).data.raw.slice_buffer;
        let mut at = Position::new(slice::from_raw_parts(slices.slices, slices.count));
        while let Some(length) = at.prefix().and_then(plain_length) {
            let mut parts = at.parts(length);
            messages.push_back(sys::grpc_raw_byte_buffer_create(parts.as_mut_ptr(), parts.len()));
            parts.into_iter().for_each(|part| sys::grpc_slice_unref(part));
        }
        sys::grpc_byte_buffer_destroy(bundle);
    }
    messages
}
