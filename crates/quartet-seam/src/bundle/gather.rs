//! Whole messages that C-core has received already.

use grpcio_sys::{self as sys, grpc_slice_buffer};

use super::position::Position;
use super::{PREFIX, limits, plain_length, prefix};
use crate::marks::{Mark, SUBSTITUTE};

/// A first message that is longer goes alone: its own bytes are what it costs.
const LONG: usize = 16 << 10;

/// How many bytes to take out of a stream's DATA, of which a message of this length is the first: if
/// there are others behind it, it gets a mark in front and its prefix back, and more are taken.
///
/// # Safety
/// Both are alive, and the caller's alone; the storage has so many bytes.
pub(crate) unsafe fn gather(
    storage: *const grpc_slice_buffer,
    length: usize,
    into: *mut grpc_slice_buffer,
) -> usize {
    // SAFETY: by the contract above.
    unsafe {
        let more = match length {
            ..=LONG => whole(&*storage, length),
            _ => 0,
        };
        if more > 0 {
            sys::grpc_slice_buffer_add(into, Mark::Bundle.note());
            let prefix = prefix(length);
            let prefix = sys::grpc_slice_from_copied_buffer(prefix.as_ptr().cast(), PREFIX);
            sys::grpc_slice_buffer_add(into, prefix);
        }
        length + more
    }
}

/// How many bytes behind the first message, of this length, are whole messages that may be in a
/// bundle.
///
/// # Safety
/// The slices are alive.
unsafe fn whole(storage: &grpc_slice_buffer, first: usize) -> usize {
    let most = limits::received_behind(first).min(storage.length - first);
    if most < PREFIX {
        return 0;
    }
    // SAFETY: there are so many slices.
    let slices = unsafe { std::slice::from_raw_parts(storage.slices, storage.count) };
    let mut at = Position::new(slices);
    let (mut taken, mut messages) = (0, 1);
    // SAFETY: by the contract above.
    unsafe {
        at.skip(first);
        while messages < limits::largest() && taken + PREFIX <= most {
            let Some(length) = at.prefix().and_then(plain_length) else { break };
            // What may stand in place of a message is read by itself.
            if length == SUBSTITUTE || taken + PREFIX + length > most {
                break;
            }
            taken += PREFIX + length;
            messages += 1;
            at.skip(length);
        }
    }
    taken
}
