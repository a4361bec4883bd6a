//! Streams with headers that C-core does not know the value of.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Found, Stream};

/// What is odd about a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    /// It is a request with a `grpc-encoding` that this side does not know.
    Request,
    /// The same of a response.
    Response,
    /// It is a response of another content-type.
    ContentType,
}

/// Which stream it is: C-core may put another one at its address.
type Which = (usize, u32);

static STREAMS: Mutex<BTreeMap<usize, (Which, Odd)>> = Mutex::new(BTreeMap::new());

/// How many there are, so that nobody looks where there is nothing.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// More are not kept; then the oldest addresses may be reported as something plainer.
const MOST: usize = 1024;

pub(super) fn note(found: Found, odd: Odd) {
    let mut streams = streams();
    if streams.len() >= MOST {
        streams.clear();
    }
    streams.insert(found.stream.addr(), (which(found), odd));
    COUNT.store(streams.len(), Relaxed);
}

/// To be called when nothing is odd about a stream of this address.
pub(super) fn forget(stream: Stream) {
    if COUNT.load(Relaxed) > 0 {
        let mut streams = streams();
        streams.remove(&stream.addr());
        COUNT.store(streams.len(), Relaxed);
    }
}

/// Whether the stream, for a frame of which `found` was looked up, is no gRPC.
pub(super) fn is_not_grpc(stream: Stream, found: Found) -> bool {
    COUNT.load(Relaxed) > 0
        && found.stream == stream
        && streams().get(&stream.addr()) == Some(&(which(found), Odd::ContentType))
}

/// Whether a message of the stream at this address is one that nobody here can read, by its encoding.
/// A server refuses such a call as a whole, as grpc-go and grpc-java do; a client can read what is
/// not compressed.
pub(super) fn is_unreadable(stream: Stream, compressed: bool) -> bool {
    if COUNT.load(Relaxed) == 0 {
        return false;
    }
    match streams().get(&stream.addr()) {
        Some((_, Odd::Request)) => true,
        Some((_, Odd::Response)) => compressed,
        _ => false,
    }
}

fn which(found: Found) -> Which {
    (found.connection.addr(), found.id)
}

fn streams() -> MutexGuard<'static, BTreeMap<usize, (Which, Odd)>> {
    STREAMS.lock().unwrap_or_else(PoisonError::into_inner)
}
