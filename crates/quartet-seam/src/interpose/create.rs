//! A channel or a server is created.

use std::ffi::{c_char, c_void};

use grpcio_sys::{grpc_channel, grpc_channel_args, grpc_channel_credentials, grpc_server};

use crate::bundle;
use crate::real::*;

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_channel_create(
    target: *const c_char,
    credentials: *mut grpc_channel_credentials,
    arguments: *const grpc_channel_args,
) -> *mut grpc_channel {
    // SAFETY: as it was called.
    unsafe {
        bundle::created(arguments);
        __real_grpc_channel_create(target, credentials, arguments)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_server_create(
    arguments: *const grpc_channel_args,
    reserved: *mut c_void,
) -> *mut grpc_server {
    // SAFETY: as it was called.
    unsafe {
        bundle::created(arguments);
        __real_grpc_server_create(arguments, reserved)
    }
}
