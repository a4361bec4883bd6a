//! DATA comes, and a stream ends.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

use grpcio_sys::{self as sys, grpc_slice, grpc_slice_buffer};

use super::messages::add_substitute;
use super::real::{self, __real_grpc_slice_buffer_add, Status};
use super::{DATA, ENDING, FOUND, STORAGE, Stream, odd, storage_of};
use crate::bundle::{self, PREFIX};
use crate::marks::{self, Mark};

const END_STREAM: u8 = 1;

#[unsafe(export_name = "__wrap__Z35grpc_chttp2_data_parser_begin_framehjP18grpc_chttp2_stream")]
unsafe extern "C" fn begin_data_frame(
    status: *mut Status,
    flags: u8,
    id: u32,
    stream: Stream,
) -> *mut Status {
    ENDING.set(if flags & END_STREAM != 0 { stream } else { ptr::null_mut() });
    // SAFETY: as C-core called it.
    unsafe { real::begin_data_frame(status, flags, id, stream) }
}

#[unsafe(export_name = "__wrap__Z29grpc_chttp2_data_parser_parsePvP21grpc_chttp2_transportP18grpc_chttp2_streamRK10grpc_slicei")]
unsafe extern "C" fn parse_data(
    status: *mut Status,
    parser: *mut c_void,
    transport: *mut c_void,
    stream: Stream,
    slice: *const grpc_slice,
    last: c_int,
) -> *mut Status {
    DATA.set((stream, last != 0 && ENDING.get() == stream));
    // SAFETY: as C-core called it.
    unsafe {
        // A page of a proxy's says nothing, and what it says would hide its HTTP status.
        let nothing = sys::grpc_empty_slice();
        let slice = if odd::is_not_grpc(stream, FOUND.get()) { &nothing } else { slice };
        real::parse_data(status, parser, transport, stream, slice, last);
    }
    DATA.set((ptr::null_mut(), false));
    if last != 0 {
        // Another stream may have this address soon.
        ENDING.set(ptr::null_mut());
    }
    status
}

/// While DATA is parsed, what is added to is the storage of its stream. And a message that is sent is
/// added to what its stream sends.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_slice_buffer_add(
    buffer: *mut grpc_slice_buffer,
    slice: grpc_slice,
) {
    if STORAGE.load(Relaxed) == 0 {
        let (stream, _) = DATA.get();
        if !stream.is_null() {
            STORAGE.store(buffer.addr().wrapping_sub(stream.addr()), Relaxed);
        }
    }
    // SAFETY: as it was called.
    unsafe {
        bundle::put_right(buffer, &slice);
        __real_grpc_slice_buffer_add(buffer, slice);
    }
}

/// Called when a stream ends by a frame with END_STREAM, before what it has kept is looked at for
/// the last time; and when it is reset, or ended from this side.
#[unsafe(export_name = "__wrap__Z30grpc_chttp2_mark_stream_closedP21grpc_chttp2_transportP18grpc_chttp2_streamiiN4absl12lts_202301256StatusE")]
unsafe extern "C" fn mark_stream_closed(
    transport: *mut c_void,
    stream: Stream,
    reads: c_int,
    writes: c_int,
    error: *mut Status,
) {
    // SAFETY: as C-core called it; the transport's thread has the stream, and its storage.
    unsafe {
        let by_data = DATA.get().0 == stream;
        let proper = (*error).is_null();
        if reads != 0
            && writes == 0
            && let Some(storage) = storage_of(stream)
        {
            if !proper && !by_data {
                // By the head of its frame.
                add_substitute(storage, Mark::Refused);
            } else if !by_data && odd::is_not_grpc(stream, FOUND.get()) {
                // With trailers, so that a good status might hide it.
                add_substitute(storage, Mark::NotGrpc);
            } else {
                settle(storage, proper);
            }
        }
        // Of a response without trailers C-core drops what was not read yet, because of this
        // error. Without it, the messages are there, and then that there is no status.
        let mut none: Status = ptr::null_mut();
        let error = if by_data { &raw mut none } else { error };
        real::mark_stream_closed(transport, stream, reads, writes, error);
    }
}

/// What is kept of a stream that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// One message.
    One,
    /// None, or several, or what is not understood.
    Others,
    /// Messages, and at the end this many bytes of another.
    Cut(usize),
}

/// # Safety
/// `storage` is alive, and the caller's alone.
unsafe fn settle(storage: *mut grpc_slice_buffer, proper: bool) {
    // SAFETY: by the contract above.
    unsafe {
        match kept(&*storage) {
            Kept::Cut(bytes) => {
                let mut rest: grpc_slice_buffer = std::mem::zeroed();
                sys::grpc_slice_buffer_init(&mut rest);
                sys::grpc_slice_buffer_trim_end(storage, bytes, &mut rest);
                sys::grpc_slice_buffer_destroy(&mut rest);
                add_substitute(storage, Mark::Cut);
            }
            Kept::One if proper => note_last(storage),
            Kept::One | Kept::Others => {}
        }
    }
}

/// # Safety
/// The slices are alive.
unsafe fn kept(storage: &grpc_slice_buffer) -> Kept {
    let mut left = storage.length;
    let mut messages = 0;
    // SAFETY: there are so many slices, and by the contract above their bytes are alive.
    let bytes = unsafe {
        let slices = (0..storage.count).map(|index| &*storage.slices.add(index));
        slices.map(|slice| marks::bytes(slice))
    };
    let mut bytes = Bytes { slices: bytes, first: &[] };
    while left > 0 {
        let Some([flag, length @ ..]) = (left >= PREFIX).then(|| bytes.prefix()) else {
            return Kept::Cut(left);
        };
        let length = u32::from_be_bytes(length) as usize;
        if flag > 1 {
            return Kept::Others;
        }
        if left - PREFIX < length {
            return Kept::Cut(left);
        }
        bytes.skip(length);
        left -= PREFIX + length;
        messages += 1;
    }
    if messages == 1 { Kept::One } else { Kept::Others }
}

/// The bytes of slices, one after the other.
struct Bytes<'a, I> {
    slices: I,
    first: &'a [u8],
}

impl<'a, I: Iterator<Item = &'a [u8]>> Bytes<'a, I> {
    fn skip(&mut self, mut count: usize) {
        while count > self.first.len() {
            count -= self.first.len();
            let Some(next) = self.slices.next() else { return self.first = &[] };
            self.first = next;
        }
        self.first = &self.first[count..];
    }

    fn prefix(&mut self) -> [u8; PREFIX] {
        let mut prefix = [0; PREFIX];
        for byte in &mut prefix {
            self.skip(0);
            while self.first.is_empty() {
                match self.slices.next() {
                    Some(next) => self.first = next,
                    None => return prefix,
                }
            }
            *byte = self.first[0];
            self.skip(1);
        }
        prefix
    }
}

/// Puts the note that it is the last into the one message of a storage, behind its prefix.
///
/// # Safety
/// As [`settle`].
unsafe fn note_last(storage: *mut grpc_slice_buffer) {
    // SAFETY: by the contract above; every slice is moved, and none is left in what is destroyed.
    unsafe {
        let mut noted: grpc_slice_buffer = std::mem::zeroed();
        sys::grpc_slice_buffer_init(&mut noted);
        sys::grpc_slice_buffer_move_first(storage, PREFIX, &mut noted);
        sys::grpc_slice_buffer_add(&mut noted, Mark::Last.note());
        sys::grpc_slice_buffer_move_into(storage, &mut noted);
        sys::grpc_slice_buffer_swap(storage, &mut noted);
        sys::grpc_slice_buffer_destroy(&mut noted);
    }
}
