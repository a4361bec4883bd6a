//! What the linker's `--wrap` leaves under another name: the functions of grpc_wrap, C-core and
//! libc themselves.

use std::ffi::{c_char, c_int, c_void};

use grpcio_sys::{
    gpr_timespec, grpc_byte_buffer, grpc_call, grpc_call_error, grpc_channel, grpc_channel_args,
    grpc_channel_credentials, grpc_completion_queue, grpc_event, grpc_metadata_array, grpc_op,
    grpc_server, grpc_slice, grpc_status_code, grpcwrap_batch_context,
    grpcwrap_request_call_context,
};
use libc::{epoll_event, msghdr, ssize_t};

unsafe extern "C" {
    pub(super) fn __real_grpcwrap_request_call_context_deadline(
        context: *const grpcwrap_request_call_context,
    ) -> gpr_timespec;
    pub(super) fn __real_grpcwrap_call_start_serverside(
        call: *mut grpc_call,
        context: *mut grpcwrap_batch_context,
        tag: *mut c_void,
    ) -> grpc_call_error;
    pub(super) fn __real_grpcwrap_batch_context_recv_status_on_client_status(
        context: *const grpcwrap_batch_context,
    ) -> grpc_status_code::Type;
    pub(super) fn __real_grpcwrap_batch_context_destroy(context: *mut grpcwrap_batch_context);
    pub(super) fn __real_grpcwrap_call_recv_message(
        call: *mut grpc_call,
        context: *mut grpcwrap_batch_context,
        tag: *mut c_void,
    ) -> grpc_call_error;
    pub(super) fn __real_grpcwrap_batch_context_take_recv_message(
        context: *mut grpcwrap_batch_context,
    ) -> *mut grpc_byte_buffer;
    pub(super) fn __real_grpcwrap_call_send_message(
        call: *mut grpc_call,
        context: *mut grpcwrap_batch_context,
        message: *mut grpc_slice,
        write_flags: u32,
        headers: *mut grpc_metadata_array,
        flags: u32,
        tag: *mut c_void,
    ) -> grpc_call_error;
    pub(super) fn __real_grpcwrap_call_send_status_from_server(
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
    ) -> grpc_call_error;
    pub(super) fn __real_grpcwrap_call_start_unary(
        call: *mut grpc_call,
        context: *mut grpcwrap_batch_context,
        message: *mut grpc_slice,
        write_flags: u32,
        headers: *mut grpc_metadata_array,
        flags: u32,
        tag: *mut c_void,
    ) -> grpc_call_error;
    pub(super) fn __real_grpcwrap_call_start_client_streaming(
        call: *mut grpc_call,
        context: *mut grpcwrap_batch_context,
        headers: *mut grpc_metadata_array,
        flags: u32,
        tag: *mut c_void,
    ) -> grpc_call_error;
    pub(super) fn __real_grpcwrap_call_start_server_streaming(
        call: *mut grpc_call,
        context: *mut grpcwrap_batch_context,
        message: *mut grpc_slice,
        write_flags: u32,
        headers: *mut grpc_metadata_array,
        flags: u32,
        tag: *mut c_void,
    ) -> grpc_call_error;
    pub(super) fn __real_grpcwrap_call_start_duplex_streaming(
        call: *mut grpc_call,
        context: *mut grpcwrap_batch_context,
        headers: *mut grpc_metadata_array,
        flags: u32,
        tag: *mut c_void,
    ) -> grpc_call_error;
    pub(super) fn __real_grpcwrap_call_recv_initial_metadata(
        call: *mut grpc_call,
        context: *mut grpcwrap_batch_context,
        tag: *mut c_void,
    ) -> grpc_call_error;
    pub(super) fn __real_grpc_call_start_batch(
        call: *mut grpc_call,
        ops: *const grpc_op,
        count: usize,
        tag: *mut c_void,
        reserved: *mut c_void,
    ) -> grpc_call_error;
    pub(super) fn __real_grpc_completion_queue_next(
        queue: *mut grpc_completion_queue,
        deadline: gpr_timespec,
        reserved: *mut c_void,
    ) -> grpc_event;
    pub(super) fn __real_grpc_completion_queue_shutdown(queue: *mut grpc_completion_queue);
    pub(super) fn __real_grpc_completion_queue_destroy(queue: *mut grpc_completion_queue);
    pub(super) fn __real_grpc_call_cancel(
        call: *mut grpc_call,
        reserved: *mut c_void,
    ) -> grpc_call_error;
    pub(super) fn __real_grpc_call_unref(call: *mut grpc_call);
    pub(super) fn __real_grpc_channel_create(
        target: *const c_char,
        credentials: *mut grpc_channel_credentials,
        arguments: *const grpc_channel_args,
    ) -> *mut grpc_channel;
    pub(super) fn __real_grpc_server_create(
        arguments: *const grpc_channel_args,
        reserved: *mut c_void,
    ) -> *mut grpc_server;

    pub(super) fn __real_sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t;
    pub(super) fn __real_shutdown(fd: c_int, how: c_int) -> c_int;
    pub(super) fn __real_epoll_ctl(
        epoll: c_int,
        operation: c_int,
        fd: c_int,
        event: *mut epoll_event,
    ) -> c_int;
    pub(super) fn __real_epoll_wait(
        epoll: c_int,
        events: *mut epoll_event,
        most: c_int,
        timeout: c_int,
    ) -> c_int;
    pub(super) fn __real_gpr_cv_wait(
        variable: *mut c_void,
        mutex: *mut c_void,
        deadline: gpr_timespec,
    ) -> c_int;

    /// Defined by the link arguments, and nowhere else.
    pub(super) static quartet_is_not_linked_call_quartet_codegen_link_seam_in_build_rs: u8;
}
