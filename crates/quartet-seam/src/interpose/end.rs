//! A call ends, on either side.

use std::ffi::c_void;

use grpcio_sys::{grpc_call, grpc_call_error, grpc_status_code, grpcwrap_batch_context};

use crate::batch::{self, Observer};
use crate::current::current_is;
use crate::real::*;
use crate::{client_call, close, metadata};

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
                Some(Observer::Read(call)) => close::has_read(&call),
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
