//! Messages and a server's status are sent.

use std::ffi::{c_char, c_void};

use grpcio_sys::{
    self as sys, grpc_call, grpc_call_error, grpc_metadata_array, grpc_slice, grpc_status_code,
    grpcwrap_batch_context,
};

use crate::current::current_is;
use crate::outlook;
use crate::real::*;

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
