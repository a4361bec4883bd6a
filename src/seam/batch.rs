//! Ties a value of ours to a batch that C-core works on.

use std::sync::Arc;

use grpcio_sys::grpcwrap_batch_context;

use super::{ClientCall, ServerCall};

/// Whom a batch reports to when it is complete.
pub(super) enum Observer {
    /// The batch that completes when a server call is over.
    Close(Arc<ServerCall>),
    /// A server's read of one more request message.
    Read(Arc<ServerCall>),
    /// The batch that brings a client its status.
    Status(Arc<ClientCall>),
}

// A batch context has two words that C-core and grpc_wrap touch in a
// send-status batch only: the count and the capacity of the metadata array for
// server trailers. In the three kinds of batch above they are zero, and their
// `metadata` is null, so `grpcwrap_batch_context_destroy` does not look at them.
// The count holds the pointer, the capacity the kind.

/// Sets the observer of a batch that is about to be started.
///
/// # Safety
/// `context` is alive, is not yet known to C-core, and is not for a batch that
/// sends a status.
pub(super) unsafe fn observe(context: *mut grpcwrap_batch_context, observer: Observer) {
    let (pointer, kind) = match observer {
        Observer::Close(call) => (Arc::into_raw(call) as usize, 1),
        Observer::Read(call) => (Arc::into_raw(call) as usize, 2),
        Observer::Status(call) => (Arc::into_raw(call) as usize, 3),
    };
    // SAFETY: by the contract above nobody else uses the two words.
    unsafe {
        let words = &mut (*context).send_status_from_server.trailing_metadata;
        words.count = pointer;
        words.capacity = kind;
    }
}

/// Takes the observer out of a batch that is complete, or that is being destroyed.
///
/// # Safety
/// `context` is alive, and C-core does not work on it (any more).
pub(super) unsafe fn take(context: *mut grpcwrap_batch_context) -> Option<Observer> {
    // SAFETY: where `metadata` is null and `count` is not zero, the two words are
    // what `observe` has put there; they are zeroed, so the count of the `Arc` is
    // given back once.
    unsafe {
        let words = &mut (*context).send_status_from_server.trailing_metadata;
        if words.count == 0 || !words.metadata.is_null() {
            return None;
        }
        let pointer = std::mem::take(&mut words.count);
        match std::mem::take(&mut words.capacity) {
            1 => Some(Observer::Close(Arc::from_raw(pointer as *const ServerCall))),
            2 => Some(Observer::Read(Arc::from_raw(pointer as *const ServerCall))),
            3 => Some(Observer::Status(Arc::from_raw(pointer as *const ClientCall))),
            _ => None,
        }
    }
}
