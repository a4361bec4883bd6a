//! Bundles that are on their way to the peer.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use grpcio::GrpcSlice;
use grpcio_sys::{self as sys};
#[cfg(core_is_bundled)]
use grpcio_sys::{grpc_slice, grpc_slice_buffer};

#[cfg(core_is_bundled)]
use super::plain_length;
use super::{PREFIX, prefix, spare};

/// Whether the length of one was seen to be put right.
static WORKS: AtomicBool = AtomicBool::new(false);
/// How many there are.
static LIVE: AtomicUsize = AtomicUsize::new(0);

pub(super) fn works() -> bool {
    WORKS.load(Relaxed)
}

/// The lengths of the first messages of those that are alive, by where their bytes are. In parts, so
/// that threads seldom meet.
static LENGTHS: [Mutex<Option<HashMap<usize, usize>>>; PARTS] = [const { Mutex::new(None) }; PARTS];
const PARTS: usize = 16;

fn lengths(address: usize) -> MutexGuard<'static, Option<HashMap<usize, usize>>> {
    // Large allocations are alike in their last bits.
    let part = (address >> 4) ^ (address >> 12);
    LENGTHS[part % PARTS].lock().unwrap_or_else(PoisonError::into_inner)
}

/// A bundle that is being made: messages, each but the first with its prefix.
#[derive(Debug, Default)]
pub struct Builder {
    bytes: Vec<u8>,
    count: usize,
    /// The length of the first message.
    first: usize,
}

impl Builder {
    /// Makes room for about so many bytes, if there is none.
    pub fn make_room(&mut self, size: usize) {
        if self.bytes.capacity() == 0 {
            self.bytes = spare::take(size);
        }
    }

    /// How many messages there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many bytes they have, with their prefixes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Adds the message that `write` adds to the bytes, if it does.
    ///
    /// # Errors
    /// That of `write`; then nothing is added.
    pub fn add<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let start = self.bytes.len();
        let before = if self.is_empty() { 0 } else { PREFIX };
        self.bytes.extend_from_slice(&[0; PREFIX][..before]);
        let written = write(&mut self.bytes);
        if !matches!(written, Ok(true)) {
            self.bytes.truncate(start);
            return written;
        }
        let length = self.bytes.len() - start - before;
        if self.is_empty() {
            self.first = length;
        } else {
            self.bytes[start..start + PREFIX].copy_from_slice(&prefix(length));
        }
        self.count += 1;
        Ok(true)
    }

    /// Makes the slice that grpcio is to send. One message is a bundle only as long as it was not seen
    /// whether bundles work.
    pub fn pack(self, slice: &mut GrpcSlice) {
        if self.count > 1 || !works() && !self.bytes.is_empty() {
            pack(slice, self.bytes, self.first);
        } else {
            *slice = GrpcSlice::from(&self.bytes[..]);
            spare::keep(self.bytes);
        }
    }
}

fn pack(slice: &mut GrpcSlice, bytes: Vec<u8>, first: usize) {
    debug_assert!(!bytes.is_empty() && first <= bytes.len());
    let mut bytes = Box::new(bytes);
    let (start, length) = (bytes.as_mut_ptr(), bytes.len());
    LIVE.fetch_add(1, Relaxed);
    lengths(start.addr()).get_or_insert_default().insert(start.addr(), first);
    *slice = GrpcSlice::default();
    // SAFETY: the bytes are alive until C-core calls `drop_bytes`, once, with what it is given here.
    // The empty slice, which owns nothing, is replaced.
    unsafe {
        *slice.as_mut_ptr() = sys::grpc_slice_new_with_user_data(
            start.cast(),
            length,
            Some(drop_bytes),
            Box::into_raw(bytes).cast(),
        );
    }
}

unsafe extern "C" fn drop_bytes(bytes: *mut c_void) {
    // SAFETY: it is what `pack` gave away.
    let bytes = unsafe { *Box::from_raw(bytes.cast::<Vec<u8>>()) };
    let start = bytes.as_ptr().addr();
    if let Some(lengths) = &mut *lengths(start) {
        lengths.remove(&start);
    }
    LIVE.fetch_sub(1, Relaxed);
    spare::keep(bytes);
}

/// To be called when a slice is about to be added to a buffer: if it is a bundle, and its length is
/// the last in the buffer, that becomes the length of its first message.
///
/// # Safety
/// Both are alive, and the buffer is the caller's alone.
#[cfg(core_is_bundled)]
#[inline]
pub(crate) unsafe fn put_right(buffer: *mut grpc_slice_buffer, slice: &grpc_slice) {
    if LIVE.load(Relaxed) == 0 || slice.refcount.is_null() {
        return;
    }
    // SAFETY: by the contract above. A slice without a reference count is an inlined one, and one
    // with is not.
    unsafe {
        let (bundle, buffer) = (slice.data.refcounted, &mut *buffer);
        let Some(last) = buffer.count.checked_sub(1) else { return };
        let last = &mut *buffer.slices.add(last);
        if !last.refcount.is_null() {
            return;
        }
        let inlined = &mut last.data.inlined;
        let length = usize::from(inlined.length);
        let Some(written) = inlined.bytes[..length].last_chunk_mut::<PREFIX>() else { return };
        if plain_length(*written) != Some(bundle.length) {
            return;
        }
        let address = bundle.bytes.addr();
        let first = lengths(address).as_ref().and_then(|lengths| lengths.get(&address).copied());
        if let Some(first) = first {
            *written = prefix(first);
            WORKS.store(true, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_added_leaves_nothing_behind() {
        let mut builder = Builder::default();
        let mut add = |length, outcome: Result<bool, ()>| {
            let added = builder.add(|bytes| {
                bytes.resize(bytes.len() + length, 7);
                outcome
            });
            (added, builder.count(), builder.size())
        };
        assert_eq!(add(3, Ok(true)), (Ok(true), 1, 3));
        assert_eq!(add(4, Ok(false)), (Ok(false), 1, 3));
        assert_eq!(add(5, Err(())), (Err(()), 1, 3));
        assert_eq!(add(2, Ok(true)), (Ok(true), 2, 3 + PREFIX + 2));
        assert_eq!(builder.bytes, [7, 7, 7, 0, 0, 0, 0, 2, 7, 7]);
    }
}
