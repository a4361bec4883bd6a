//! The end of a server's call is waited for by the batch that sends its status.
//!
//! grpcio waits for it in a batch of its own, which it starts as it accepts a call: about as much work
//! for C-core as a message is. Here that batch is held back until the status is sent, and joins it. It
//! is not held longer than the call's first read is under way: whoever waits for something else has to
//! learn of a cancel. (A cancel ends the read.)

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grpcio_sys::{
    grpc_call, grpc_call_error, grpc_completion_queue, grpc_op, grpc_op_type,
    grpcwrap_batch_context,
};

use super::cuts::Cut;
use super::during::during;
use super::real::{__real_grpc_call_start_batch, __real_grpcwrap_call_start_serverside};
use super::{ServerCall, batch, events, inside_core};

/// The batch, while it is not started.
pub(super) struct Close {
    /// grpcio's, alive until it has seen the tag.
    context: *mut grpcwrap_batch_context,
    tag: *mut c_void,
    /// Whether the call's first read is under way.
    reads: bool,
}

// SAFETY: the pointers are for C-core and grpcio, by whichever thread starts the batch.
unsafe impl Send for Close {}

thread_local! {
    /// The call that this thread's turn may leave waiting.
    static TURN: Cell<Option<Arc<ServerCall>>> = const { Cell::new(None) };
    /// What the batch takes along that this thread is about to start.
    static JOINING: Cell<Option<Close>> = const { Cell::new(None) };
}

/// Starts the batch, or holds it back.
///
/// # Safety
/// As `grpcwrap_call_start_serverside`, for the call of this state.
pub(super) unsafe fn start(
    state: &Arc<ServerCall>,
    context: *mut grpcwrap_batch_context,
    tag: *mut c_void,
) -> grpc_call_error {
    if Cut::Close.is_made() && !state.queue.is_null() {
        *state.close() = Some(Close { context, tag, reads: false });
        watch(state.clone());
        return grpc_call_error::GRPC_CALL_OK;
    }
    // SAFETY: by the contract above.
    unsafe { __real_grpcwrap_call_start_serverside(state.call, context, tag) }
}

fn watch(state: Arc<ServerCall>) {
    if let Some(other) = TURN.replace(Some(state)) {
        release(&other);
    }
}

/// To be called when a read is about to be started.
pub(super) fn reads(state: &ServerCall) {
    if let Some(close) = &mut *state.close() {
        close.reads = true;
    }
}

/// To be called when a read is complete, on the queue's thread.
pub(super) fn has_read(state: &Arc<ServerCall>) {
    let is_held = state.close().as_mut().map(|close| close.reads = false).is_some();
    if is_held {
        watch(state.clone());
    }
}

/// To be called when the queue's thread has done what there was to do for an event.
pub(super) fn end_turn() {
    if let Some(state) = TURN.take() {
        release(&state);
    }
}

/// Starts the batch if it is still held back and nothing is being read.
fn release(state: &ServerCall) {
    let mut held = state.close();
    if held.as_ref().is_some_and(|close| !close.reads)
        && let Some(Close { context, tag, .. }) = held.take()
    {
        drop(held);
        // SAFETY: it is started once, with what grpcio gave; the call is alive as the state is.
        let started = unless_shut_down(state.queue, || unsafe {
            inside_core(|| __real_grpcwrap_call_start_serverside(state.call, context, tag))
        });
        if started != Some(grpc_call_error::GRPC_CALL_OK) {
            events::push(tag, false);
        }
    }
}

/// Runs `f`, which starts the batch that sends the call's status. It takes along what was held back.
pub(super) fn joined(state: &ServerCall, f: impl FnOnce() -> grpc_call_error) -> grpc_call_error {
    let Some(close) = state.close().take() else { return f() };
    JOINING.set(Some(close));
    let started = f();
    if let Some(close) = JOINING.take() {
        // There was no batch.
        *state.close() = Some(close);
        release(state);
    }
    started
}

/// Starts a batch that takes along what was held back, if it is one.
///
/// # Safety
/// As `grpc_call_start_batch`.
pub(super) unsafe fn start_joined(
    call: *mut grpc_call,
    ops: &[grpc_op],
    tag: *mut c_void,
) -> Option<grpc_call_error> {
    const MOST: usize = 4;
    if ops.len() >= MOST {
        return None;
    }
    let close = JOINING.take()?;
    // SAFETY: all-zero is an operation without flags; the context is alive until its batch is complete.
    unsafe {
        let mut all: [grpc_op; MOST] = std::mem::zeroed();
        all[..ops.len()].copy_from_slice(ops);
        let op = &mut all[ops.len()];
        op.op = grpc_op_type::GRPC_OP_RECV_CLOSE_ON_SERVER;
        let cancelled = &raw mut (*close.context).recv_close_on_server_cancelled;
        op.data.recv_close_on_server.cancelled = cancelled;
        let own = batch::both(tag, close.tag, cancelled);
        let count = ops.len() + 1;
        let started = inside_core(|| {
            __real_grpc_call_start_batch(call, all.as_ptr(), count, own, ptr::null_mut())
        });
        if started != grpc_call_error::GRPC_CALL_OK {
            batch::forget_both(own);
            JOINING.set(Some(close));
        }
        Some(started)
    }
}

// ---- queues that are shut down ----

/// Those that are, and are not destroyed: nothing may be started on them.
static SHUT_DOWN: Mutex<Vec<usize>> = Mutex::new(Vec::new());

fn shut_down() -> MutexGuard<'static, Vec<usize>> {
    SHUT_DOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// Whether this thread destroys a queue, which C-core shuts down once more for it.
    static DESTROYS: Cell<bool> = const { Cell::new(false) };
}

/// What `f` yields, unless the queue is shut down; it is not, as long as `f` runs.
fn unless_shut_down<R>(queue: *mut grpc_completion_queue, f: impl FnOnce() -> R) -> Option<R> {
    let shut_down = shut_down();
    (!shut_down.contains(&queue.addr())).then(f)
}

/// To be called before a queue is shut down.
pub(super) fn shuts_down(queue: *mut grpc_completion_queue) {
    if !DESTROYS.get() {
        shut_down().push(queue.addr());
    }
}

/// Runs `f`, which destroys the queue.
pub(super) fn destroys(queue: *mut grpc_completion_queue, f: impl FnOnce()) {
    shut_down().retain(|address| *address != queue.addr());
    during(&DESTROYS, true, f);
}
