//! A call is accepted.

use grpcio_sys::{
    gpr_timespec, grpc_call, grpc_call_error, grpcwrap_batch_context, grpcwrap_request_call_context,
};

use std::ffi::c_void;

use crate::batch::{self, Observer};
use crate::current::{set_accepted, set_deadline, take_deadline};
use crate::real::*;
use crate::{ServerCall, close};

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
        set_accepted(state.clone());
        close::start(&state, context, tag)
    }
}
