//! Calls that C-core makes itself: to the control plane of xDS, to look after a server's health, or
//! its load. It reads message by message, and would take a bundle for its first one.

use std::ffi::{c_char, c_void};
use std::slice;

use grpcio_sys::{grpc_call, grpc_call_error, grpc_op, grpc_op_type};

use super::real;
use crate::bundle;

/// A batch of such a call.
#[unsafe(export_name = "__wrap__Z33grpc_call_start_batch_and_executeP9grpc_callPK7grpc_opmP12grpc_closure")]
unsafe extern "C" fn start_batch(
    call: *mut grpc_call,
    ops: *const grpc_op,
    count: usize,
    closure: *mut c_void,
) -> grpc_call_error {
    // SAFETY: as C-core called it: there are so many operations.
    unsafe {
        let reads = |op: &grpc_op| op.op == grpc_op_type::GRPC_OP_RECV_MESSAGE;
        if count > 0 && slice::from_raw_parts(ops, count).iter().any(reads) {
            bundle::receive_singly();
        }
        real::start_batch_and_execute(call, ops, count, closure)
    }
}

/// The constructor of what watches a server's health, or its load, over a connection that the
/// channel's calls share. Its arguments are pointers, or objects that are passed as such.
#[unsafe(export_name = "__wrap__ZN9grpc_core22SubchannelStreamClientC1ENS_13RefCountedPtrINS_19ConnectedSubchannelEEEP16grpc_pollset_setSt10unique_ptrINS0_16CallEventHandlerESt14default_deleteIS7_EEPKc")]
unsafe extern "C" fn new_stream_client(
    this: *mut c_void,
    subchannel: *mut c_void,
    pollsets: *mut c_void,
    handler: *mut c_void,
    tracer: *const c_char,
) {
    bundle::receive_singly();
    // SAFETY: as C-core called it.
    unsafe { real::new_stream_client(this, subchannel, pollsets, handler, tracer) }
}
