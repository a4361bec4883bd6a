//! Of a call that is served: its start and end, its requests, its replies.

use std::ffi::{c_char, c_void};

use grpcio_sys::{
    self as sys, gpr_timespec, grpc_byte_buffer, grpc_call, grpc_call_error, grpc_metadata_array,
    grpc_slice, grpc_status_code, grpcwrap_batch_context, grpcwrap_request_call_context,
};

use crate::batch::{self, Observer};
use crate::current::{current_is, set_accepted, set_deadline, take_deadline};
use crate::real::*;
use crate::{ServerCall, client_call, inflate, marks, metadata, outlook};

// ---- a call is accepted, and comes to its end ----

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_request_call_context_deadline(
    context: *const grpcwrap_request_call_context,
) -> gpr_timespec {
    // SAFETY: as grpcio called it.
    let deadline = unsafe { __real_grpcwrap_request_call_context_deadline(context) };
    set_deadline(deadline);
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
        let state = ServerCall::new(call, take_deadline());
        batch::observe(context, Observer::Close(state.clone()));
        set_accepted(state);
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
                // A read that failed.
                Some(Observer::Replies(call)) => call.ask_status(),
                _ => {}
            }
        }
        __real_grpcwrap_batch_context_destroy(context);
    }
}

/// grpcio cancels a call whose requests it has not read to their end. One that is over already would
/// be ended once more on the wire, if C-core has reset it, and in any case it costs a tenth of a
/// unary call. And it cancels a call that can't be sent to.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_call_cancel(
    call: *mut grpc_call,
    reserved: *mut c_void,
) -> grpc_call_error {
    if client_call::is_uncancelled()
        || current_is(call).is_some_and(|current| current.is_past_cancelling())
    {
        return grpc_call_error::GRPC_CALL_OK;
    }
    // SAFETY: as it was called.
    unsafe { __real_grpc_call_cancel(call, reserved) }
}

// ---- messages of streams: a server's requests, a client's replies ----

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_call_recv_message(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    tag: *mut c_void,
) -> grpc_call_error {
    // SAFETY: call and context are alive, and the batch is not started yet.
    unsafe {
        if let Some(current) = current_is(call) {
            let nothing_follows = current.half_closed();
            batch::observe(context, Observer::Read(current));
            if nothing_follows {
                // grpcio reads ahead, which costs C-core as much as a message. A batch of nothing is
                // complete at once, and brings none.
                let (none, reserved) = (std::ptr::null(), std::ptr::null_mut());
                return __real_grpc_call_start_batch(call, none, 0, tag, reserved);
            }
        } else if let Some(state) = client_call::reading() {
            batch::observe(context, Observer::Replies(state));
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
        let observer = batch::take(context);
        if message.is_null() {
            match observer {
                Some(Observer::Read(call)) => call.read_nothing(),
                Some(Observer::Replies(call)) => call.ask_status(),
                _ => {}
            }
            return message;
        }
        let marks = marks::take(message);
        if marks.last
            && let Some(Observer::Read(call)) = observer
        {
            call.read_last();
        }
        inflate::inflate(message, marks)
    }
}

// ---- replies ----

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
        let write_flags = outlook::with_outlook(write_flags);
        if !headers.is_null()
            && let Some(current) = current_is(call)
        {
            if current.claim_headers() {
                current.fill_outgoing(headers, std::ptr::null_mut());
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
        if let Some(current) = current_is(call) {
            if !current.compresses() {
                write_flags |= sys::GRPC_WRITE_NO_COMPRESS;
            }
            if !headers.is_null() && !current.claim_headers() {
                headers = std::ptr::null_mut();
            }
            if trailers.is_null() {
                trailers = &mut own;
            }
            current.fill_outgoing(headers, trailers);
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
