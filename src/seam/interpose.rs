//! The interposed functions. `--wrap=NAME` sends every call of NAME in grpcio to
//! `__wrap_NAME`, and `__real_NAME` is what was there before.
//!
//! Invariants, all of grpcio 0.13.0: it calls these functions with pointers that are
//! alive; a batch context is not used again after its batch is complete, but for reading
//! results and destroying it; the read of a unary request comes before
//! `call_start_serverside`, so that no state exists yet; and what is started from within
//! `ServerCall::within` belongs to that call exactly if the call's pointer is the same.

use std::ffi::{c_char, c_void};
use std::slice;

use grpcio_sys::{
    self as sys, gpr_timespec, grpc_byte_buffer, grpc_call, grpc_call_error, grpc_completion_queue,
    grpc_completion_type, grpc_compression_level, grpc_event, grpc_metadata_array, grpc_op,
    grpc_op_type, grpc_slice, grpc_status_code, grpcwrap_batch_context,
    grpcwrap_request_call_context,
};

use super::batch::{self, Observer};
use super::real::*;
use super::{Owed, ServerCall, client_call, inflate, metadata, second_reply, server_call};

/// Makes every binary that serves or calls through this library refer to the symbol that
/// only the link arguments define: without them the linker stops and names it.
pub(crate) fn check() {
    std::hint::black_box(
        &raw const quartet_is_not_linked_call_quartet_codegen_link_seam_in_build_rs,
    );
}

// ---- server: a call is accepted, and comes to its end ----

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_request_call_context_deadline(
    context: *const grpcwrap_request_call_context,
) -> gpr_timespec {
    // SAFETY: as grpcio called it.
    let deadline = unsafe { __real_grpcwrap_request_call_context_deadline(context) };
    server_call::set_deadline(deadline);
    deadline
}

/// Called on the queue's thread, right after the deadline was read and right before the
/// handler runs.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_call_start_serverside(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    tag: *mut c_void,
) -> grpc_call_error {
    // SAFETY: call and context are alive, and the batch is not started yet.
    unsafe {
        let state = ServerCall::new(call, server_call::take_deadline());
        batch::observe(context, Observer::Close(state.clone()));
        server_call::set_accepted(state);
        __real_grpcwrap_call_start_serverside(call, context, tag)
    }
}

/// Called when a batch is complete that brings a status, before grpcio hands on the
/// result; and, though a server has no such status, for a server's close batch too.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_batch_context_recv_status_on_client_status(
    context: *const grpcwrap_batch_context,
) -> grpc_status_code::Type {
    // SAFETY: the batch is complete, so the context is grpcio's alone, and its metadata is
    // alive as the call is.
    unsafe {
        let code = __real_grpcwrap_batch_context_recv_status_on_client_status(context);
        match batch::take(context.cast_mut()) {
            Some(Observer::Close(call)) => {
                call.set_end((*context).recv_close_on_server_cancelled != 0);
            }
            Some(Observer::Status(call)) => {
                let headers = metadata::copy(&(*context).recv_initial_metadata);
                let trailers = metadata::copy(&(*context).recv_status_on_client.trailing_metadata);
                let ok = code == grpc_status_code::GRPC_STATUS_OK;
                if call.set_status(ok, !(*context).recv_message.is_null(), headers, trailers) {
                    // And grpcio would unwrap a message that is not there.
                    return grpc_status_code::GRPC_STATUS_UNIMPLEMENTED;
                }
            }
            _ => {}
        }
        code
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_batch_context_destroy(context: *mut grpcwrap_batch_context) {
    // SAFETY: as grpcio called it; the batch is complete or was never started.
    unsafe {
        if !context.is_null() {
            match batch::take(context) {
                // A close batch that failed has brought no end: the call is over all the same.
                Some(Observer::Close(call)) => call.set_end(true),
                Some(Observer::Status(call)) => call.settle(),
                _ => {}
            }
        }
        __real_grpcwrap_batch_context_destroy(context);
    }
}

// ---- server: requests ----

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_call_recv_message(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    tag: *mut c_void,
) -> grpc_call_error {
    // SAFETY: call and context are alive, and the batch is not started yet.
    unsafe {
        if let Some(current) = server_call::current_is(call) {
            batch::observe(context, Observer::Read(current));
        }
        __real_grpcwrap_call_recv_message(call, context, tag)
    }
}

/// Called when a read has succeeded, which it does for a cancelled call too.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_batch_context_take_recv_message(
    context: *mut grpcwrap_batch_context,
) -> *mut grpc_byte_buffer {
    // SAFETY: the batch is complete, so the context is grpcio's alone. The observer of a
    // batch with a status was taken when the status was read, just before.
    unsafe {
        let message = __real_grpcwrap_batch_context_take_recv_message(context);
        if let Some(Observer::Read(call)) = batch::take(context)
            && message.is_null()
        {
            call.read_nothing();
        }
        inflate::inflate(message)
    }
}

// ---- server: replies ----

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_call_send_message(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    message: *mut grpc_slice,
    write_flags: u32,
    headers: *mut grpc_metadata_array,
    flags: u32,
    tag: *mut c_void,
) -> grpc_call_error {
    // SAFETY: as grpcio called it; the array, if any, is grpcio's alone until the real
    // function moves it into the context.
    unsafe {
        let mut headers = headers;
        if !headers.is_null()
            && let Some(current) = server_call::current_is(call)
        {
            if current.claim_headers() {
                current.add_outgoing(headers, std::ptr::null_mut());
            } else {
                headers = std::ptr::null_mut();
            }
        }
        __real_grpcwrap_call_send_message(call, context, message, write_flags, headers, flags, tag)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_call_send_status_from_server(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    code: grpc_status_code::Type,
    text: *const c_char,
    text_len: usize,
    headers: *mut grpc_metadata_array,
    flags: u32,
    trailers: *mut grpc_metadata_array,
    message: *mut grpc_slice,
    write_flags: u32,
    tag: *mut c_void,
) -> grpc_call_error {
    // SAFETY: as grpcio called it; the arrays are grpcio's (or `own`, if it has none) alone
    // until the real function moves their contents into the context. All-zero is the empty
    // array.
    unsafe {
        let mut own: grpc_metadata_array = std::mem::zeroed();
        let (mut headers, mut trailers) = (headers, trailers);
        let mut write_flags = write_flags;
        if let Some(current) = server_call::current_is(call) {
            if !current.compresses() {
                write_flags |= sys::GRPC_WRITE_NO_COMPRESS;
            }
            if !headers.is_null() && !current.claim_headers() {
                headers = std::ptr::null_mut();
            }
            if trailers.is_null() {
                trailers = &mut own;
            }
            current.add_outgoing(headers, trailers);
        }
        __real_grpcwrap_call_send_status_from_server(
            call,
            context,
            code,
            text,
            text_len,
            headers,
            flags,
            trailers,
            message,
            write_flags,
            tag,
        )
    }
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
        if let Some(state) = second_reply::to_split() {
            return second_reply::start_split(&state, call, slice::from_raw_parts(ops, count), tag);
        }
        match server_call::compression_level(call) {
            Some(level) => {
                let ops = with_level(slice::from_raw_parts(ops, count), level);
                __real_grpc_call_start_batch(call, ops.as_ptr(), count, tag, reserved)
            }
            None => __real_grpc_call_start_batch(call, ops, count, tag, reserved),
        }
    }
}

/// The operations, of which the one that sends headers has this level of compression. A level
/// leaves the algorithm to C-core, which takes one that the peer accepts.
fn with_level(ops: &[grpc_op], level: grpc_compression_level) -> Vec<grpc_op> {
    let mut ops = ops.to_vec();
    for op in &mut ops {
        if op.op == grpc_op_type::GRPC_OP_SEND_INITIAL_METADATA {
            // SAFETY: the operation's kind says which part of the union it has.
            let chosen = unsafe { &mut op.data.send_initial_metadata.maybe_compression_level };
            (chosen.is_set, chosen.level) = (1, level);
        }
    }
    ops
}

// ---- batches of our own ----

/// Called by the loop of each queue's thread.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_completion_queue_next(
    queue: *mut grpc_completion_queue,
    deadline: gpr_timespec,
    reserved: *mut c_void,
) -> grpc_event {
    loop {
        // SAFETY: as grpcio called it. The tag of an event that is none of an operation is not
        // initialised, so the kind is looked at first.
        unsafe {
            let event = __real_grpc_completion_queue_next(queue, deadline, reserved);
            let completed = event.type_ == grpc_completion_type::GRPC_OP_COMPLETE;
            if !completed || !batch::finish_own(event.tag) {
                return event;
            }
        }
    }
}

// ---- client: a call is started ----

/// Starts a call by `f`, and observes the batch that brings its status.
///
/// # Safety
/// Both are alive, and the batch is not started yet.
unsafe fn observed(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    f: impl FnOnce() -> grpc_call_error,
) -> grpc_call_error {
    let Some(state) = client_call::starting() else { return f() };
    // SAFETY: by the contract above; the context lives until its batch is complete, and the
    // queue until then at least.
    unsafe {
        batch::observe(context, Observer::Status(state.clone()));
        if state.owed() != Owed::ExactlyOne {
            return f();
        }
        state.begin(call, context);
        second_reply::splitting(&state, f)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_call_start_unary(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    message: *mut grpc_slice,
    write_flags: u32,
    headers: *mut grpc_metadata_array,
    flags: u32,
    tag: *mut c_void,
) -> grpc_call_error {
    // SAFETY: as grpcio called it.
    unsafe {
        observed(call, context, || {
            __real_grpcwrap_call_start_unary(
                call,
                context,
                message,
                write_flags,
                headers,
                flags,
                tag,
            )
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_call_start_client_streaming(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    headers: *mut grpc_metadata_array,
    flags: u32,
    tag: *mut c_void,
) -> grpc_call_error {
    // SAFETY: as grpcio called it.
    unsafe {
        observed(call, context, || {
            __real_grpcwrap_call_start_client_streaming(call, context, headers, flags, tag)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_call_start_server_streaming(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    message: *mut grpc_slice,
    write_flags: u32,
    headers: *mut grpc_metadata_array,
    flags: u32,
    tag: *mut c_void,
) -> grpc_call_error {
    // SAFETY: as grpcio called it.
    unsafe {
        observed(call, context, || {
            __real_grpcwrap_call_start_server_streaming(
                call,
                context,
                message,
                write_flags,
                headers,
                flags,
                tag,
            )
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_call_start_duplex_streaming(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    headers: *mut grpc_metadata_array,
    flags: u32,
    tag: *mut c_void,
) -> grpc_call_error {
    // SAFETY: as grpcio called it.
    unsafe {
        observed(call, context, || {
            __real_grpcwrap_call_start_duplex_streaming(call, context, headers, flags, tag)
        })
    }
}
