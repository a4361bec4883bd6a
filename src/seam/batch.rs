//! Ties a value of ours to a batch that C-core works on, and starts batches of our own.

use std::sync::Arc;

use grpcio_sys::{
    self as sys, grpc_call, grpc_call_error, grpc_metadata_array, grpcwrap_batch_context,
};

use super::{ClientCall, Pairs, ServerCall, metadata};

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

/// A batch that grpcio knows nothing of. Its tag is odd, and grpcio's are addresses of boxes
/// with an even alignment; so grpcio's loop is not shown it.
struct Own {
    context: *mut grpcwrap_batch_context,
    call: *mut grpc_call,
}

/// Sends the headers of a server call in a batch of its own.
///
/// # Safety
/// The call is alive and not over, its headers have not been sent, and its completion queue
/// is not shut down.
pub(super) unsafe fn send_headers(call: *mut grpc_call, headers: &Pairs) {
    // SAFETY: by the contract above. The batch holds a reference on the call, and the context
    // is its alone; all-zero is the empty array, whose contents move into the context.
    unsafe {
        let context = sys::grpcwrap_batch_context_create();
        let mut array: grpc_metadata_array = std::mem::zeroed();
        metadata::append(&mut array, headers);
        sys::grpc_call_ref(call);
        let own = Box::into_raw(Box::new(Own { context, call }));
        let tag = own.map_addr(|address| address | 1);
        let started =
            sys::grpcwrap_call_send_initial_metadata(call, context, &mut array, tag.cast());
        if started != grpc_call_error::GRPC_CALL_OK {
            finish_own(tag.cast());
        }
    }
}

/// Frees a batch of our own when its event comes; false if the tag is not ours.
///
/// # Safety
/// `tag` came with an event of an operation that is complete.
pub(super) unsafe fn finish_own(tag: *mut std::ffi::c_void) -> bool {
    if tag.addr() & 1 == 0 {
        return false;
    }
    // SAFETY: an odd tag is one of `send_headers`, and its event comes once.
    unsafe {
        let own = Box::from_raw(tag.map_addr(|address| address & !1).cast::<Own>());
        sys::grpcwrap_batch_context_destroy(own.context);
        sys::grpc_call_unref(own.call);
    }
    true
}
