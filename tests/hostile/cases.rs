//! What bad clients send on one connection, after a good preface, and what has to come of it.

mod calls;
mod frames;

use super::{HELLO, encoded};
use crate::support::http2::{
    DATA, END_HEADERS, END_STREAM, HEADERS, Header, block, call, frame, long_headers, prefixed,
};

/// What has to come of a case, on the bundled core. Some of it is not what the standards ask
/// for; it is what C-core does, and here so that a change is seen.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// Stream 1 is ended once, with this status, and the connection lives on.
    Status(u32),
    /// Stream 1 is reset once, with this code, and the connection lives on.
    Reset(u32),
    /// Like `Status`, but C-core says it up to seven times, or after a reset: these calls it
    /// refuses below the layer, which could end them once.
    Repeated(u32),
    /// Nothing, or nothing of interest; the connection lives on.
    Ignored,
    /// The connection is closed.
    Closes,
    /// The connection lives on or is closed, and in time.
    Either,
}

/// A name, the bytes, and what has to come of them.
pub type Case = (&'static str, Vec<u8>, Expected);

pub fn all() -> Vec<Case> {
    [calls::all(), frames::all()].concat()
}

/// HEADERS that open stream 1.
fn opening(block: &[u8]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, 1, block)
}

/// DATA that ends stream 1.
fn ending(data: &[u8]) -> Vec<u8> {
    frame(DATA, END_STREAM, 1, data)
}

/// A good message, prefixed.
fn good_message() -> Vec<u8> {
    prefixed(&encoded("x"))
}

/// A whole call whose header block is this.
fn of_block(block: &[u8]) -> Vec<u8> {
    [long_headers(1, block), ending(&good_message())].concat()
}

/// A whole call, good but for these headers.
fn with(changed: &[Header<'_>]) -> Vec<u8> {
    of_block(&block(&call(HELLO, changed)))
}

/// A whole call, good but for what is put behind its header block.
fn and(more: &[u8]) -> Vec<u8> {
    of_block(&[&block(&call(HELLO, &[])), more].concat())
}

/// A call with good headers, and this instead of a message.
fn body(data: &[u8]) -> Vec<u8> {
    [opening(&block(&call(HELLO, &[]))), ending(data)].concat()
}
