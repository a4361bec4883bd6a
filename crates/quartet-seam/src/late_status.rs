//! Asks for the status of a stream of replies once there are no more messages to read.
//!
//! grpcio asks for it as it starts the call. C-core then throws away every message that was not read
//! yet when it learns that the stream broke off, or ended without trailers. Asked afterwards, as
//! C++'s synchronous streams do it, it hands over every message first.
//!
//! The batch that grpcio starts a call with is held back (`hold`) until grpcio asks for the
//! headers, which comes right after it; both leave as one (`start`), but for the status. It is
//! asked for when a read has brought nothing, or when nobody reads any longer.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use grpcio_sys::{
    self as sys, grpc_call, grpc_call_error, grpc_op, grpc_op_type, grpcwrap_batch_context,
};

use super::real::__real_grpc_call_start_batch;
use super::{ClientCall, batch, inside_core};

/// A stream of replies, until its status is there.
pub(super) struct LateStatus {
    /// Alive by a reference of our own: who reads no longer gives back grpcio's one first.
    call: *mut grpc_call,
    /// What is sent as the call starts.
    sends: Vec<grpc_op>,
    /// What asks for the status, until it is asked for.
    asks: Option<grpc_op>,
    /// grpcio's, of the batch that brings the status.
    tag: *mut c_void,
}

// SAFETY: the call may be used by any thread; the rest is for C-core, by whichever thread.
unsafe impl Send for LateStatus {}

impl LateStatus {
    pub(super) fn take_sends(&mut self) -> Vec<grpc_op> {
        std::mem::take(&mut self.sends)
    }

    pub(super) fn ask(&mut self) {
        let Some(op) = self.asks.take() else { return };
        // SAFETY: the call is alive, and its queue as long as somebody holds a part of the call;
        // what the operation refers to is alive until its batch is complete, which grpcio hears
        // under the tag, once.
        let started = inside_core(|| unsafe {
            __real_grpc_call_start_batch(self.call, &op, 1, self.tag, ptr::null_mut())
        });
        debug_assert_eq!(started, grpc_call_error::GRPC_CALL_OK, "a status is asked for once");
    }
}

impl Drop for LateStatus {
    /// Gives the call up, if it is not over; what grpcio waits for comes all the same.
    fn drop(&mut self) {
        self.ask();
        // SAFETY: gives back the reference that `hold` took. C-core cancels a call that has lost its
        // last one.
        unsafe { sys::grpc_call_unref(self.call) };
    }
}

/// Holds back the batch that starts a call.
///
/// # Safety
/// As `grpc_call_start_batch` of C-core; what the operations refer to is alive until the one that
/// brings the status is complete.
pub(super) unsafe fn hold(
    state: &Arc<ClientCall>,
    call: *mut grpc_call,
    ops: &[grpc_op],
    tag: *mut c_void,
) -> grpc_call_error {
    let asks = |op: &&grpc_op| op.op == grpc_op_type::GRPC_OP_RECV_STATUS_ON_CLIENT;
    // Room for the one that reads the headers.
    let mut sends = Vec::with_capacity(ops.len());
    sends.extend(ops.iter().filter(|op| !asks(op)));
    // SAFETY: the call is alive; the reference is given back when `LateStatus` is dropped.
    unsafe { sys::grpc_call_ref(call) };
    state.set_late_status(LateStatus { call, sends, asks: ops.iter().find(asks).copied(), tag });
    grpc_call_error::GRPC_CALL_OK
}

/// Starts the call with what was held back, and the read of its headers. That is one batch, which
/// C-core calls failed when the sends fail, whatever it has read; to grpcio it goes well, with
/// headers or without. So they wait until the one request of a call, if it has one, is through,
/// which no gRPC server sends headers before.
///
/// # Safety
/// As `grpcwrap_call_recv_initial_metadata`.
pub(super) unsafe fn start(
    state: &Arc<ClientCall>,
    call: *mut grpc_call,
    context: *mut grpcwrap_batch_context,
    tag: *mut c_void,
) -> grpc_call_error {
    let mut ops = state.take_sends();
    // SAFETY: by the contract above; all-zero is an operation without flags.
    unsafe {
        let mut op: grpc_op = std::mem::zeroed();
        op.op = grpc_op_type::GRPC_OP_RECV_INITIAL_METADATA;
        op.data.recv_initial_metadata.recv_initial_metadata =
            &raw mut (*context).recv_initial_metadata;
        ops.push(op);
        inside_core(|| batch::start_well(call, &ops, tag))
    }
}
