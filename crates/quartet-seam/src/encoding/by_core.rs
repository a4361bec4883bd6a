//! C-core compresses. A client asks it by a header that it takes out again, a server by a level.

use std::slice;

use grpcio_sys::{grpc_call, grpc_compression_level, grpc_metadata_array, grpc_op, grpc_op_type};

use super::Encoding;
use crate::current::current_is;

/// Runs `f`, which sends messages of a call with this encoding.
pub fn sending<R>(_: Encoding, f: impl FnOnce() -> R) -> R {
    f()
}

pub unsafe fn add_headers(_: *mut grpc_metadata_array, _: Encoding) {}

pub unsafe fn of_reply(_: Encoding, _: *mut grpc_call) -> Encoding {
    Encoding::Identity
}

/// The operations of a server's batch, if it sends headers and its reply is to be compressed: with a
/// level, which leaves the algorithm to C-core, as it knows what the caller accepts.
///
/// # Safety
/// There are so many operations.
pub unsafe fn prepare(
    call: *mut grpc_call,
    ops: *const grpc_op,
    count: usize,
) -> Option<Vec<grpc_op>> {
    let level = match current_is(call)?.wanted_encoding() {
        Encoding::Identity => return None,
        Encoding::Gzip => grpc_compression_level::GRPC_COMPRESS_LEVEL_LOW,
        Encoding::Deflate => grpc_compression_level::GRPC_COMPRESS_LEVEL_HIGH,
    };
    if count == 0 {
        return None;
    }
    // SAFETY: by the contract above.
    let mut ops = unsafe { slice::from_raw_parts(ops, count) }.to_vec();
    for op in &mut ops {
        if op.op == grpc_op_type::GRPC_OP_SEND_INITIAL_METADATA {
            // SAFETY: the operation's kind says which part of the union it has.
            let chosen = unsafe { &mut op.data.send_initial_metadata.maybe_compression_level };
            (chosen.is_set, chosen.level) = (1, level);
        }
    }
    Some(ops)
}
