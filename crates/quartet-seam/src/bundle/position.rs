use grpcio_sys::{self as sys, grpc_slice};

use super::PREFIX;
use crate::marks::bytes;

/// A position in the bytes of slices.
pub(super) struct Position<'a> {
    slices: &'a [grpc_slice],
    offset: usize,
}

impl<'a> Position<'a> {
    pub fn new(slices: &'a [grpc_slice]) -> Self {
        Position { slices, offset: 0 }
    }

    /// # Safety
    /// The slices are alive.
    pub unsafe fn skip(&mut self, count: usize) {
        self.offset += count;
        while let [first, rest @ ..] = self.slices {
            // SAFETY: by the contract above.
            let length = unsafe { bytes(first) }.len();
            if self.offset < length {
                break;
            }
            self.offset -= length;
            self.slices = rest;
        }
    }

    /// The next five bytes, which are passed; none where there are fewer.
    ///
    /// # Safety
    /// The slices are alive.
    pub unsafe fn prefix(&mut self) -> Option<[u8; PREFIX]> {
        let mut prefix = [0; PREFIX];
        // SAFETY: by the contract above.
        unsafe {
            self.skip(0);
            let start = bytes(self.slices.first()?);
            if let Some(whole) = start[self.offset..].first_chunk() {
                prefix = *whole;
                self.skip(PREFIX);
                return Some(prefix);
            }
            for byte in &mut prefix {
                *byte = *bytes(self.slices.first()?).get(self.offset)?;
                self.skip(1);
            }
        }
        Some(prefix)
    }

    /// The slices of so many bytes, which are passed; each a reference of its own.
    ///
    /// # Safety
    /// The slices are alive.
    pub unsafe fn parts(&mut self, count: usize) -> Vec<grpc_slice> {
        let (mut parts, mut left) = (Vec::new(), count);
        while left > 0
            && let Some(first) = self.slices.first()
        {
            // SAFETY: by the contract above; the part is within the slice.
            unsafe {
                let length = left.min(bytes(first).len() - self.offset);
                if length > 0 {
                    parts.push(sys::grpc_slice_sub(*first, self.offset, self.offset + length));
                }
                left -= length;
                self.skip(length);
            }
        }
        parts
    }
}
