//! Buffers of bundles that have left, to be used again: the allocator gives long ones back to the
//! system at once, and each page that the system hands out again costs as much as its message.

use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// So many are kept at most.
const MOST: usize = 8;
/// How long those are that are kept.
const LENGTHS: RangeInclusive<usize> = 8 << 10..=128 << 10;

fn spare() -> MutexGuard<'static, Vec<Vec<u8>>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An empty buffer for about so many bytes.
pub(super) fn take(size: usize) -> Vec<u8> {
    let kept = LENGTHS.contains(&size).then(|| spare().pop()).flatten();
    kept.unwrap_or_else(|| Vec::with_capacity(size))
}

/// Keeps a buffer that is not used any more.
pub(super) fn keep(mut buffer: Vec<u8>) {
    if LENGTHS.contains(&buffer.capacity()) {
        buffer.clear();
        let mut spare = spare();
        if spare.len() < MOST {
            spare.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_and_few_are_kept() {
        for _ in 0..2 * MOST {
            keep(Vec::with_capacity(*LENGTHS.start()));
        }
        keep(Vec::with_capacity(LENGTHS.end() + 1));
        assert_eq!(spare().len(), MOST);
        assert!(take(LENGTHS.start() + 1).is_empty());
        assert_eq!(spare().len(), MOST - 1);
        assert!(take(10).capacity() < *LENGTHS.start());
        assert_eq!(spare().len(), MOST - 1);
    }
}
