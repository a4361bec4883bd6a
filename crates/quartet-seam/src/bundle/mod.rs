//! Bundles: messages of a stream that travel through C-core many at a time, as one operation; on
//! the wire they are what they were. An operation is what a small message costs.
//!
//! *Sending.* `m1 h2 m2 h3 m3 ...`, where `h` is the five bytes before a message, is handed to
//! C-core as one message ([`Builder`]). C-core writes the length of the whole in front of it, and as it
//! adds the bytes to those of the stream the length is put right (`packed`): it is that of `m1`.
//!
//! *Receiving.* When C-core takes a message out of a stream, the whole ones behind it are taken out
//! as well (`gather`, called by `wire`), with a mark (`marks`) in front. Who asked for it with
//! quartet opens the bundle in its codec; for bare grpcio it is taken apart (`others`).
//!
//! All of it rests on functions within C-core, so it is for the bundled core only; and as a bundle
//! whose length is not put right would be garbage to the peer, none has more than one message before
//! it was seen that this works ([`most`]).

#[cfg(core_is_bundled)]
mod gather;
mod limits;
mod others;
mod packed;
mod position;
mod spare;

#[cfg(core_is_bundled)]
pub(super) use gather::gather;
#[cfg(core_is_bundled)]
pub(super) use limits::receive_singly;
pub(super) use limits::{check, created};
pub use limits::{largest, most};
pub(super) use others::{forget, has_more, keep, next_of};
pub use packed::Builder;
#[cfg(core_is_bundled)]
pub(super) use packed::put_right;

/// The length of what stands before each message: a flag, and its length.
pub const PREFIX: usize = 5;

/// What stands before a message that is not compressed.
fn prefix(length: usize) -> [u8; PREFIX] {
    let [a, b, c, d] = (length as u32).to_be_bytes();
    [0, a, b, c, d]
}

/// The length of a message that is not compressed, by what stands before it.
fn plain_length(prefix: [u8; PREFIX]) -> Option<usize> {
    let [flag, length @ ..] = prefix;
    (flag == 0).then_some(u32::from_be_bytes(length) as usize)
}
