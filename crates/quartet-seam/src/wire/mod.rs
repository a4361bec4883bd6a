//! What C-core's HTTP/2 transport overlooks in what a peer sends.
//!
//! The transport keeps the DATA of a stream until somebody reads, and takes a message out of it
//! then. What it can't read it passes over: a stream that ends within a message looks complete,
//! an unknown flag becomes an empty message, the compressed flag is forgotten where no encoding
//! goes with it. And a header that it does not know the value of ends the stream, before the
//! status beside it is seen. Here its own functions are interposed: what is wrong is put into the
//! stream as a [mark](super::marks), and [`inflate`](super::inflate) hands it to the codec.
//!
//! These are functions within C-core (1.56.2), so all of it is for the bundled core only, where
//! the linker sees their calls. `script/fast-core` keeps their sources apart. The transport works on
//! a stream on one thread at a time.

mod data;
mod ends;
mod headers;
mod messages;
mod odd;
mod own_calls;
mod real;
mod stack;
mod timeout;
mod window;

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use grpcio_sys::{grpc_call, grpc_slice_buffer};

/// A `grpc_chttp2_stream`.
type Stream = *mut c_void;

/// A stream that the transport looked up, or accepted, for a frame.
#[derive(Clone, Copy)]
struct Found {
    stream: Stream,
    /// The streams of its connection, and its number among them.
    connection: *const c_void,
    id: u32,
    /// Whether it is new here: a request.
    accepted: bool,
}

// What the transport does on this thread.
thread_local! {
    /// The stream of the frame that it is about to parse.
    static FOUND: Cell<Found> = const {
        Cell::new(Found { stream: ptr::null_mut(), connection: ptr::null(), id: 0, accepted: false })
    };
    /// The stream whose DATA frame is begun, if the frame ends it.
    static ENDING: Cell<Stream> = const { Cell::new(ptr::null_mut()) };
    /// The stream of which it parses DATA right now, and whether that is the last.
    static DATA: Cell<(Stream, bool)> = const { Cell::new((ptr::null_mut(), false)) };
}

/// The algorithms that the caller of a call accepts, as bits.
///
/// # Safety
/// The call is alive, and was accepted here.
pub(super) unsafe fn accepted_encodings(call: *mut grpc_call) -> u32 {
    // SAFETY: by the contract above.
    unsafe { real::accepted_encodings(call) }
}

/// Where a stream keeps its DATA, in bytes from its beginning; 0 until the first DATA came.
static STORAGE: AtomicUsize = AtomicUsize::new(0);

/// Where this stream keeps its DATA.
fn storage_of(stream: Stream) -> Option<*mut grpc_slice_buffer> {
    match STORAGE.load(Relaxed) {
        0 => None,
        offset => Some(stream.wrapping_byte_add(offset).cast()),
    }
}

/// The stream that keeps its DATA here, if a stream does.
fn stream_of(storage: *mut grpc_slice_buffer) -> Stream {
    storage.cast::<c_void>().wrapping_byte_sub(STORAGE.load(Relaxed))
}
