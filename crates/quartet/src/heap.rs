//! What glibc does with memory that is free for a moment.

use std::hint::black_box;
use std::sync::Once;

/// Twice as much is kept at the end of each heap.
const BLOCK: usize = 4 << 20;

/// Has glibc keep the memory that C-core reads into, and frees, over and over.
///
/// By itself glibc gives back to the system what is free at the end of a heap once it is 128 KiB,
/// which it is after each read of a busy connection; then every page is had, and cleared, anew: a
/// third of a client's time in a stream of 1 KiB messages. It learns from the longest block that a
/// program has freed, so it is shown one, of which no page is touched. A program that sets
/// `glibc.malloc.trim_threshold` keeps its setting; other allocators do not care.
pub(crate) fn keep_what_is_free() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(black_box(Vec::<u8>::with_capacity(BLOCK))));
}
