//! Messages and a server's status are sent.

use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::ptr;

use grpcio_sys::{
    self as sys, grpc_call, grpc_call_error, grpc_metadata_array, grpc_op, grpc_op_type,
    grpc_slice, grpc_status_code, grpcwrap_batch_context,
};

use crate::current::current_is;
use crate::cuts::Cut;
use crate::during::during;
use crate::real::*;
use crate::{close, encoding, outlook};

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
        let send = |headers| {
            __real_grpcwrap_call_send_message(
                call,
                context,
                message,
                write_flags,
                headers,
                flags,
                tag,
            )
        };
        let Some(current) = current_is(call) else { return send(headers) };
        if !headers.is_null() {
            if current.claim_headers() {
                current.fill_encoding(headers);
                current.fill_outgoing(headers, ptr::null_mut());
            } else {
                headers = ptr::null_mut();
            }
        }
        encoding::sending(current.encoding(), || send(headers))
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
        let send = |headers, trailers, write_flags| {
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
        };
        let Some(current) = current_is(call) else { return send(headers, trailers, write_flags) };
        if !current.compresses() {
            write_flags |= sys::GRPC_WRITE_NO_COMPRESS;
        }
        if !headers.is_null() && !current.claim_headers() {
            headers = ptr::null_mut();
        }
        if trailers.is_null() {
            trailers = &mut own;
        }
        // Nobody asks what this side accepts where a plain reply is all there is.
        let is_plain = code == grpc_status_code::GRPC_STATUS_OK && current.is_plain();
        if !headers.is_null() && !is_plain {
            current.fill_encoding(headers);
        }
        current.fill_outgoing(headers, trailers);
        let send = || send(headers, trailers, write_flags);
        let send = || encoding::sending(current.encoding(), send);
        let send = || close::joined(&current, send);
        if text_len == 0 && Cut::Text.is_made() { without_text(send) } else { send() }
    }
}

thread_local! {
    /// Whether the status that this thread sends has no text.
    static WITHOUT_TEXT: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`, which sends a status without a text.
fn without_text<R>(f: impl FnOnce() -> R) -> R {
    during(&WITHOUT_TEXT, true, f)
}

/// Takes the text off the status of a batch that is about to be started, if it has none: grpc_wrap
/// always sends `grpc-message`.
///
/// # Safety
/// There are so many operations, which are grpc_wrap's own.
pub(super) unsafe fn drop_empty_text(ops: *const grpc_op, count: usize) {
    if !WITHOUT_TEXT.get() || count == 0 {
        return;
    }
    // SAFETY: by the contract above the operations are those of `send_status_from_server`, on its
    // stack, and the status is the first; the kind says which part of the union it has.
    unsafe {
        let first = &mut *ops.cast_mut();
        if first.op == grpc_op_type::GRPC_OP_SEND_STATUS_FROM_SERVER {
            first.data.send_status_from_server.status_details = ptr::null_mut();
        }
    }
}
