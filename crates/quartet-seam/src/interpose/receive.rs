//! Messages of streams come: a server's requests, a client's replies.

use std::ffi::c_void;

use grpcio_sys::{grpc_byte_buffer, grpc_call, grpc_call_error, grpcwrap_batch_context};

use crate::batch::{self, Observer};
use crate::current::current_is;
use crate::real::*;
use crate::{bundle, client_call, close, events, inflate, marks};

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
            let queue = current.queue;
            close::reads(&current);
            batch::observe(context, Observer::Read(current));
            if nothing_follows {
                // grpcio reads ahead, which costs C-core as much as a message.
                if queue == events::queue() {
                    events::push(tag, true);
                    return grpc_call_error::GRPC_CALL_OK;
                }
                return start_nothing(call, tag);
            }
        } else if let Some(state) = client_call::reading() {
            batch::observe(context, Observer::Replies(state));
        } else {
            batch::observe(context, Observer::Bare(call));
            if bundle::has_more(call) {
                return start_nothing(call, tag);
            }
        }
        __real_grpcwrap_call_recv_message(call, context, tag)
    }
}

/// Starts a batch of nothing, which is complete at once and reads no message.
///
/// # Safety
/// The call is alive.
unsafe fn start_nothing(call: *mut grpc_call, tag: *mut c_void) -> grpc_call_error {
    // SAFETY: by the contract above.
    unsafe { __real_grpc_call_start_batch(call, std::ptr::null(), 0, tag, std::ptr::null_mut()) }
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
        if let Some(Observer::Read(call)) = &observer {
            close::has_read(call);
        }
        if message.is_null() {
            match observer {
                Some(Observer::Read(call)) => call.read_nothing(),
                Some(Observer::Replies(call)) => call.ask_status(),
                Some(Observer::Bare(call)) => return bundle::next_of(call),
                _ => {}
            }
            return message;
        }
        let marks = marks::take(message);
        if marks.bundle {
            match &observer {
                Some(Observer::Read(_) | Observer::Replies(_)) => inflate::seal_bundle(message),
                Some(Observer::Bare(call)) => return bundle::keep(message, Some(*call)),
                _ => return bundle::keep(message, None),
            }
        }
        if marks.last
            && let Some(Observer::Read(call)) = observer
        {
            call.read_last();
        }
        inflate::inflate(message, marks)
    }
}
