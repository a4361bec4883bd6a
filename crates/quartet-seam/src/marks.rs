//! Marks that travel with a message, from where C-core takes it out of its stream to where grpcio
//! reads it: slices that are known by their address, which no peer can forge.
//!
//! A *note* is an empty slice beside a message's own. A *substitute* stands in place of a message
//! that can't be had; its bytes are no protobuf, for whoever reads it without knowing of marks.

use grpcio_sys::{self as sys, grpc_byte_buffer, grpc_slice};

/// What there is to be known of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A note: it is the last of its stream.
    Last,
    /// A note: it has the compressed flag.
    Compressed,
    /// A note: it is a bundle of messages, and this is its first slice.
    Bundle,
    /// A note: its stream has an encoding that this side does not know.
    UnknownEncoding,
    /// A substitute: the first byte of the prefix was neither 0 nor 1.
    UnknownFlag,
    /// A substitute: the stream ended within the message.
    Cut,
    /// A substitute: C-core does not take the frame that it came in.
    Refused,
    /// A substitute: the response is not gRPC.
    NotGrpc,
}

const ALL: [Mark; 8] = [
    Mark::Last,
    Mark::Compressed,
    Mark::Bundle,
    Mark::UnknownEncoding,
    Mark::UnknownFlag,
    Mark::Cut,
    Mark::Refused,
    Mark::NotGrpc,
];

/// How long a substitute is.
pub(super) const SUBSTITUTE: usize = 16;

/// From one mark to the next: never contiguous, so that C-core does not join two.
const STRIDE: usize = 2 * SUBSTITUTE;

static PLACES: [[u8; STRIDE]; ALL.len()] = [[0xff; STRIDE]; ALL.len()];

// Whoever sets marks is within the bundled core.
#[cfg(core_is_bundled)]
impl Mark {
    /// The mark as a note.
    pub(super) fn note(self) -> grpc_slice {
        self.slice(0)
    }

    /// The mark as a substitute.
    pub(super) fn substitute(self) -> grpc_slice {
        self.slice(SUBSTITUTE)
    }

    fn slice(self, length: usize) -> grpc_slice {
        let place = PLACES[self as usize].as_ptr();
        // SAFETY: the bytes are static, and C-core does not write to them.
        unsafe { sys::grpc_slice_from_static_buffer(place.cast(), length) }
    }
}

impl Mark {
    /// The mark that a slice is, if it is one.
    pub(super) fn of(slice: &grpc_slice) -> Option<Mark> {
        if slice.refcount.is_null() {
            return None;
        }
        // SAFETY: a slice with a reference count is not an inlined one.
        let start = unsafe { slice.data.refcounted.bytes };
        let offset = start.addr().wrapping_sub(PLACES.as_ptr().addr());
        ALL.get(offset / STRIDE).copied().filter(|_| offset.is_multiple_of(STRIDE))
    }
}

/// The bytes of a slice.
///
/// # Safety
/// The slice's bytes are alive, and nobody writes to them.
pub(super) unsafe fn bytes(slice: &grpc_slice) -> &[u8] {
    // SAFETY: by the contract above; which part of the union it has is said by the reference count.
    unsafe {
        if slice.refcount.is_null() {
            let inlined = &slice.data.inlined;
            &inlined.bytes[..usize::from(inlined.length)]
        } else {
            let counted = slice.data.refcounted;
            std::slice::from_raw_parts(counted.bytes, counted.length)
        }
    }
}

/// The marks of one message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    pub last: bool,
    /// It is a bundle, whose first slice is the empty one that says so.
    pub bundle: bool,
    /// `Compressed` or `UnknownEncoding`.
    pub flag: Option<Mark>,
    pub substitute: Option<Mark>,
}

/// Whether a message is a bundle of them.
///
/// # Safety
/// `buffer` is a received message that nobody else has.
pub(super) unsafe fn is_bundle(buffer: *const grpc_byte_buffer) -> bool {
    // SAFETY: a received message is a raw one, so the union holds `raw`.
    unsafe {
        let slices = &(*buffer).data.raw.slice_buffer;
        slices.count > 0 && Mark::of(&*slices.slices) == Some(Mark::Bundle)
    }
}

/// Reads the marks of a message, and takes out its empty slices: the notes among them, and what
/// empty DATA frames leave behind, at which grpcio's reader would stop.
///
/// # Safety
/// `buffer` is a received message that is the caller's alone.
pub(super) unsafe fn take(buffer: *mut grpc_byte_buffer) -> Marks {
    let mut marks = Marks::default();
    // SAFETY: a received message is a raw one, so the union holds `raw`. Slices are moved towards
    // the front within their array; an empty one that is passed over is given back.
    unsafe {
        let slices = &mut (*buffer).data.raw.slice_buffer;
        let mut kept = 0;
        for index in 0..slices.count {
            let slice = *slices.slices.add(index);
            let mark = Mark::of(&slice);
            if bytes(&slice).is_empty() {
                match mark {
                    Some(Mark::Bundle) if index == 0 => {
                        marks.bundle = true;
                        kept = 1;
                        continue;
                    }
                    Some(Mark::Last) => marks.last = true,
                    note => marks.flag = note.or(marks.flag),
                }
                sys::grpc_slice_unref(slice);
                continue;
            }
            marks.substitute = mark.or(marks.substitute);
            if kept < index {
                *slices.slices.add(kept) = slice;
            }
            kept += 1;
        }
        slices.count = kept;
    }
    marks
}
