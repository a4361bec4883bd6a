//! Compresses what is sent, before C-core has it.

use std::cell::Cell;
use std::io::{self, Write};
use std::slice;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use grpcio_sys::{
    self as sys, grpc_byte_buffer, grpc_call, grpc_compression_algorithm as Algorithm,
    grpc_metadata_array, grpc_op, grpc_op_type,
};

use super::{ACCEPTED, Encoding};
use crate::during::during;
use crate::metadata::add;
use crate::{COMPRESSION_LEVEL, marks, wire};

thread_local! {
    /// Of the messages that this thread hands to C-core.
    static ENCODING: Cell<Encoding> = const { Cell::new(Encoding::Identity) };
}

/// Runs `f`, which sends messages of a call with this encoding.
pub fn sending<R>(encoding: Encoding, f: impl FnOnce() -> R) -> R {
    match encoding {
        Encoding::Identity => f(),
        encoding => during(&ENCODING, encoding, f),
    }
}

/// Adds what this side accepts, and what it sends.
///
/// # Safety
/// The array is initialised, and the caller's alone.
pub unsafe fn add_headers(array: *mut grpc_metadata_array, encoding: Encoding) {
    // SAFETY: by the contract above.
    unsafe {
        add(array, "grpc-accept-encoding", ACCEPTED.as_bytes());
        if encoding != Encoding::Identity {
            add(array, "grpc-encoding", encoding.name().as_bytes());
        }
    }
}

/// The encoding of a reply that is to have this one.
///
/// # Safety
/// The call is alive, and was accepted here.
pub unsafe fn of_reply(wanted: Encoding, call: *mut grpc_call) -> Encoding {
    // SAFETY: by the contract above.
    accepted(wanted, unsafe { wire::accepted_encodings(call) })
}

/// The encoding that is wanted, by the algorithms that the caller accepts: the other one, if it accepts
/// only that.
fn accepted(wanted: Encoding, accepted: u32) -> Encoding {
    let accepts = |algorithm: Algorithm| accepted & (1 << algorithm as u32) != 0;
    let gzip = accepts(Algorithm::GRPC_COMPRESS_GZIP);
    let deflate = accepts(Algorithm::GRPC_COMPRESS_DEFLATE);
    match (wanted, gzip, deflate) {
        (Encoding::Identity, ..) | (_, false, false) => Encoding::Identity,
        (wanted, true, true) => wanted,
        (_, true, false) => Encoding::Gzip,
        (_, false, true) => Encoding::Deflate,
    }
}

/// Compresses the message of a batch that is about to be started, if it is to be. The operations stay
/// as they are.
///
/// # Safety
/// There are so many operations, and what they send is the caller's alone.
pub unsafe fn prepare(
    _: *mut grpc_call,
    ops: *const grpc_op,
    count: usize,
) -> Option<Vec<grpc_op>> {
    let encoding = ENCODING.get();
    if encoding == Encoding::Identity || count == 0 {
        return None;
    }
    // SAFETY: by the contract above; the operation's kind says which part of the union it has.
    unsafe {
        for op in slice::from_raw_parts(ops, count) {
            if op.op == grpc_op_type::GRPC_OP_SEND_MESSAGE
                && op.flags & sys::GRPC_WRITE_NO_COMPRESS == 0
            {
                compress(&mut *op.data.send_message.send_message, encoding);
            }
        }
    }
    None
}

/// Compresses a message, but not one that would be no shorter.
///
/// # Safety
/// It is a raw one, which is not compressed.
unsafe fn compress(message: &mut grpc_byte_buffer, encoding: Encoding) {
    // SAFETY: by the contract above the union holds `raw`, with so many slices; what is added is a
    // copy.
    unsafe {
        let raw = &mut message.data.raw;
        let buffer = &mut raw.slice_buffer;
        let slices = slice::from_raw_parts(buffer.slices, buffer.count).iter();
        let parts = slices.map(|slice| marks::bytes(slice));
        let (compressed, algorithm) = match encoding {
            Encoding::Identity => return,
            Encoding::Gzip => (gzip(parts), Algorithm::GRPC_COMPRESS_GZIP),
            Encoding::Deflate => (deflate(parts), Algorithm::GRPC_COMPRESS_DEFLATE),
        };
        let Ok(bytes) = compressed else { return };
        if bytes.len() < buffer.length {
            sys::grpc_slice_buffer_reset_and_unref(buffer);
            let copy = sys::grpc_slice_from_copied_buffer(bytes.as_ptr().cast(), bytes.len());
            sys::grpc_slice_buffer_add(buffer, copy);
            raw.compression = algorithm;
        }
    }
}

fn gzip<'a>(parts: impl Iterator<Item = &'a [u8]>) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), level());
    write_all(&mut encoder, parts)?;
    encoder.finish()
}

fn deflate<'a>(parts: impl Iterator<Item = &'a [u8]>) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), level());
    write_all(&mut encoder, parts)?;
    encoder.finish()
}

fn write_all<'a>(
    encoder: &mut impl Write,
    mut parts: impl Iterator<Item = &'a [u8]>,
) -> io::Result<()> {
    parts.try_for_each(|part| encoder.write_all(part))
}

fn level() -> Compression {
    Compression::new(COMPRESSION_LEVEL.1.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_an_encoding_that_its_caller_accepts() {
        let (both, only_gzip, only_deflate, none) = (0b111, 0b101, 0b011, 0b001);
        for (wanted, accepts, expected) in [
            (Encoding::Identity, both, Encoding::Identity),
            (Encoding::Gzip, both, Encoding::Gzip),
            (Encoding::Deflate, both, Encoding::Deflate),
            (Encoding::Gzip, only_deflate, Encoding::Deflate),
            (Encoding::Deflate, only_gzip, Encoding::Gzip),
            (Encoding::Gzip, none, Encoding::Identity),
            (Encoding::Deflate, none, Encoding::Identity),
        ] {
            assert_eq!(accepted(wanted, accepts), expected, "{wanted:?} of {accepts:#b}");
        }
    }
}
