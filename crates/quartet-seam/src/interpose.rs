//! The interposed functions. `--wrap=NAME` sends every call of NAME in grpcio to
//! `__wrap_NAME`, and `__real_NAME` is what was there before.
//!
//! Invariants, all of grpcio 0.13.0: it calls these functions with pointers that are
//! alive; a batch context is not used again after its batch is complete, but for reading
//! results and destroying it; the read of a unary request comes before
//! `call_start_serverside`, so that no state exists yet; and what is started from within
//! `ServerCall::within` belongs to that call exactly if the call's pointer is the same.

mod accept;
mod create;
mod end;
mod receive;
mod send;
mod start;

use std::ffi::c_void;
use std::slice;

use grpcio_sys::{
    gpr_timespec, grpc_call, grpc_call_error, grpc_completion_queue, grpc_completion_type,
    grpc_event, grpc_op,
};

use super::real::*;
use super::{
    Owed, batch, bundle, client_call, close, cuts, encoding, events, inside_core, late_status,
    second_reply, waiting,
};

/// Makes every binary that serves or calls through this library refer to the symbol that
/// only the link arguments define: without them the linker stops and names it.
pub fn check() {
    bundle::check();
    cuts::check();
    std::hint::black_box(
        &raw const quartet_is_not_linked_call_quartet_codegen_link_seam_in_build_rs,
    );
}

// ---- both: a batch is started ----

/// Called by all functions that start one.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_call_start_batch(
    call: *mut grpc_call,
    ops: *const grpc_op,
    count: usize,
    tag: *mut c_void,
    reserved: *mut c_void,
) -> grpc_call_error {
    // SAFETY: as it was called: `ops` are `count` operations, and grpcio's calls leave nothing
    // in `reserved`.
    unsafe {
        send::drop_empty_text(ops, count);
        let prepared = encoding::prepare(call, ops, count);
        let (ops, count) = match &prepared {
            Some(prepared) => (prepared.as_ptr(), prepared.len()),
            None => (ops, count),
        };
        if let Some(state) = client_call::to_change() {
            let ops = slice::from_raw_parts(ops, count);
            return match state.owed() {
                Owed::Any => late_status::hold(state, call, ops, tag),
                _ => second_reply::start_split(state, call, ops, tag),
            };
        }
        if count > 0 {
            let ops = slice::from_raw_parts(ops, count);
            if let Some(started) = close::start_joined(call, ops, tag) {
                return started;
            }
        }
        start_batch(call, ops, count, tag, reserved)
    }
}

/// # Safety
/// As C-core's own function.
unsafe fn start_batch(
    call: *mut grpc_call,
    ops: *const grpc_op,
    count: usize,
    tag: *mut c_void,
    reserved: *mut c_void,
) -> grpc_call_error {
    // SAFETY: by the contract above.
    inside_core(|| unsafe { __real_grpc_call_start_batch(call, ops, count, tag, reserved) })
}

/// Called when grpcio lets go of a queue.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_completion_queue_shutdown(queue: *mut grpc_completion_queue) {
    close::shuts_down(queue);
    // SAFETY: as it was called.
    unsafe { __real_grpc_completion_queue_shutdown(queue) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_completion_queue_destroy(queue: *mut grpc_completion_queue) {
    // SAFETY: as it was called.
    close::destroys(queue, || unsafe { __real_grpc_completion_queue_destroy(queue) });
}

// ---- batches of our own ----

/// Called by the loop of each queue's thread.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_completion_queue_next(
    queue: *mut grpc_completion_queue,
    deadline: gpr_timespec,
    reserved: *mut c_void,
) -> grpc_event {
    let forever = deadline.tv_sec == i64::MAX;
    if forever {
        close::end_turn();
        if let Some(event) = events::next(queue) {
            return event;
        }
    }
    loop {
        let until = if forever { waiting::until(deadline) } else { deadline };
        // SAFETY: as grpcio called it. The tag of an event that is none of an operation is not
        // initialised, so the kind is looked at first.
        unsafe {
            let event = inside_core(|| __real_grpc_completion_queue_next(queue, until, reserved));
            let timed_out = event.type_ == grpc_completion_type::GRPC_QUEUE_TIMEOUT;
            let completed = event.type_ == grpc_completion_type::GRPC_OP_COMPLETE;
            if forever {
                waiting::look(timed_out);
            }
            if timed_out && forever {
                continue;
            }
            if !completed || !batch::is_own(event.tag) {
                return event;
            }
            if let Some(tag) = batch::finish_own(event.tag) {
                return grpc_event { tag, success: 1, ..event };
            }
        }
    }
}
