//! The lab's contracts for peers in Rust (peers/README.md): their flags, their reports, what a
//! case counts, and when a worker calls.

pub mod bench;
pub mod chat;
pub mod interop;
mod soak;

pub use soak::Soak;

/// What a program exits with when it doesn't have what it is asked for.
pub const EXIT_UNSUPPORTED: u8 = 127;
