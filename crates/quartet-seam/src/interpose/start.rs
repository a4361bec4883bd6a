//! A call is started by a client.

use std::ffi::c_void;

use grpcio_sys::{
    grpc_call, grpc_call_error, grpc_metadata_array, grpc_slice, grpcwrap_batch_context,
};

use crate::batch::{self, Observer};
use crate::real::*;
use crate::{Owed, client_call, encoding, late_status};

/// Starts a call by `f` with its headers, and observes the batch that brings its status.
///
/// # Safety
/// Both are alive, and the batch is not started yet; the headers are null, or the caller's alone.
unsafe fn observed(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    headers: *mut grpc_metadata_array,
    f: impl FnOnce(*mut grpc_metadata_array) -> grpc_call_error,
) -> grpc_call_error {
    let Some(state) = client_call::starting() else { return f(headers) };
    // SAFETY: by the contract above; the context lives until its batch is complete, and the
    // queue until then at least. All-zero is the empty array, whose contents move into the context.
    unsafe {
        batch::observe(context, Observer::Status(state.clone()));
        let mut own: grpc_metadata_array = std::mem::zeroed();
        let headers = if headers.is_null() { &raw mut own } else { headers };
        encoding::add_headers(headers, state.encoding());
        let start = || encoding::sending(state.encoding(), || f(headers));
        match state.owed() {
            Owed::One => start(),
            Owed::ExactlyOne => {
                state.begin(call, context);
                client_call::changing(&state, start)
            }
            Owed::Any => {
                let started = client_call::changing(&state, start);
                // For the batch that reads the headers, which grpcio starts next.
                client_call::set_starting(state);
                started
            }
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpcwrap_call_recv_initial_metadata(
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    tag: *mut c_void,
) -> grpc_call_error {
    // SAFETY: as grpcio called it, right after it has started the call.
    unsafe {
        match client_call::starting() {
            Some(state) => late_status::start(&state, call, context, tag),
            None => __real_grpcwrap_call_recv_initial_metadata(call, context, tag),
        }
    }
}

/// The functions that start a call, which differ in whether they take its one request.
macro_rules! starts {
    ($($wrap:ident => $real:ident($($argument:ident: $type:ty),*);)+) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $wrap(
            call: *mut grpc_call,
            context: *mut grpcwrap_batch_context,
            $($argument: $type,)*
            headers: *mut grpc_metadata_array,
            flags: u32,
            tag: *mut c_void,
        ) -> grpc_call_error {
            // SAFETY: as grpcio called it.
            unsafe {
                observed(call, context, headers, |headers| {
                    $real(call, context, $($argument,)* headers, flags, tag)
                })
            }
        }
    )+};
}

starts! {
    __wrap_grpcwrap_call_start_unary =>
        __real_grpcwrap_call_start_unary(message: *mut grpc_slice, write_flags: u32);
    __wrap_grpcwrap_call_start_client_streaming =>
        __real_grpcwrap_call_start_client_streaming();
    __wrap_grpcwrap_call_start_server_streaming =>
        __real_grpcwrap_call_start_server_streaming(message: *mut grpc_slice, write_flags: u32);
    __wrap_grpcwrap_call_start_duplex_streaming =>
        __real_grpcwrap_call_start_duplex_streaming();
}
