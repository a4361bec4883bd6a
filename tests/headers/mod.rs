//! What a client learns, in whatever way a call ends: its headers, its messages, its trailers.

mod delivery;
mod errors;
mod orders;
mod raw;
mod timeouts;
