//! Ties a value of ours to a batch that C-core works on, and starts batches of our own.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Weak};

use grpcio_sys::{
    self as sys, grpc_byte_buffer, grpc_call, grpc_call_error, grpc_metadata_array, grpc_op,
    grpc_op_type, grpcwrap_batch_context,
};

use super::real::__real_grpc_call_start_batch;
use super::{ClientCall, ServerCall, events};

/// Whom a batch reports to when it is complete.
pub(super) enum Observer {
    /// The batch that completes when a server call is over.
    Close(Arc<ServerCall>),
    /// A server's read of one more request message.
    Read(Arc<ServerCall>),
    /// The batch that brings a client its status.
    Status(Arc<ClientCall>),
    /// A client's read of one more message of a stream.
    Replies(Arc<ClientCall>),
    /// A read of bare grpcio's, for this call.
    Bare(*mut grpc_call),
}

// A batch context has two words that C-core and grpc_wrap touch in a
// send-status batch only: the count and the capacity of the metadata array for
// server trailers. In the kinds of batch above they are zero, and their
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
        Observer::Replies(call) => (Arc::into_raw(call) as usize, 4),
        Observer::Bare(call) => (call as usize, 5),
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
            4 => Some(Observer::Replies(Arc::from_raw(pointer as *const ClientCall))),
            5 => Some(Observer::Bare(pointer as *mut grpc_call)),
            _ => None,
        }
    }
}

/// A batch that grpcio knows nothing of. Its tag is odd, and grpcio's are addresses of boxes
/// with an even alignment; so grpcio's loop is not shown it.
enum Own {
    /// Has headers sent once it is complete, if the call is still there.
    Soon(Weak<ServerCall>),
    /// Sends headers.
    Headers { context: *mut grpcwrap_batch_context, call: *mut grpc_call },
    /// Reads the one message of a call.
    First { message: *mut grpc_byte_buffer, state: Arc<ClientCall> },
    /// Reads what should not be there.
    Further { message: *mut grpc_byte_buffer, state: Arc<ClientCall>, call: *mut grpc_call },
    /// Does what grpcio hears of under its own tag, as something that went well.
    Well(*mut c_void),
    /// Sends a status and waits for the end of the call, which grpcio hears of as two batches.
    Both { status: *mut c_void, close: *mut c_void, cancelled: *const i32 },
}

impl Own {
    /// Gives it to C-core, until [`finish_own`].
    fn into_tag(self) -> (*mut Own, *mut c_void) {
        let own = Box::into_raw(Box::new(self));
        (own, own.map_addr(|address| address | 1).cast())
    }
}

/// Has the headers of a server call sent when its queue comes to what is started now: behind all
/// that is ready for it already.
///
/// # Safety
/// As [`send_headers`].
pub unsafe fn send_headers_soon(call: *mut grpc_call, state: &Arc<ServerCall>) {
    let (_, tag) = Own::Soon(Arc::downgrade(state)).into_tag();
    // SAFETY: by the contract above; a batch of nothing is complete at once.
    unsafe {
        let started = __real_grpc_call_start_batch(call, ptr::null(), 0, tag, ptr::null_mut());
        if started != grpc_call_error::GRPC_CALL_OK {
            finish_own(tag);
        }
    }
}

/// Sends the headers of a server call in a batch of its own.
///
/// # Safety
/// The call is alive and not over, its headers have not been sent, and its completion queue
/// is not shut down.
pub(super) unsafe fn send_headers(state: &ServerCall) {
    let call = state.call;
    // SAFETY: by the contract above. The batch holds a reference on the call, and the context
    // is its alone; all-zero is the empty array, whose contents move into the context.
    unsafe {
        let context = sys::grpcwrap_batch_context_create();
        let mut array: grpc_metadata_array = std::mem::zeroed();
        state.fill_encoding(&mut array);
        state.fill_outgoing(&mut array, ptr::null_mut());
        sys::grpc_call_ref(call);
        let (_, tag) = Own::Headers { context, call }.into_tag();
        let started = sys::grpcwrap_call_send_initial_metadata(call, context, &mut array, tag);
        if started != grpc_call_error::GRPC_CALL_OK {
            finish_own(tag);
        }
    }
}

/// Reads the one message of a call that is about to be started; false if it can't be read here.
///
/// # Safety
/// The call is alive, and its completion queue is until the batch is complete.
pub(super) unsafe fn read_first(call: *mut grpc_call, state: &Arc<ClientCall>) -> bool {
    let first = Own::First { message: ptr::null_mut(), state: state.clone() };
    // SAFETY: by the contract above.
    unsafe { read(call, first) }
}

/// Reads behind the one message of a call, and cancels the call if there is another.
///
/// # Safety
/// The call is alive, its message has been read, and its completion queue is not shut down.
pub(super) unsafe fn read_further(call: *mut grpc_call, state: &Arc<ClientCall>) {
    // SAFETY: by the contract above; the reference is given back by `finish_own`.
    unsafe {
        sys::grpc_call_ref(call);
        read(call, Own::Further { message: ptr::null_mut(), state: state.clone(), call });
    }
}

/// # Safety
/// The call is alive, no other read is under way, and its completion queue is not shut down.
unsafe fn read(call: *mut grpc_call, own: Own) -> bool {
    let (own, tag) = own.into_tag();
    // SAFETY: by the contract above. The place for the message is in the box, which stays until
    // the batch is complete; all-zero is an operation without flags.
    unsafe {
        let (Own::First { message, .. } | Own::Further { message, .. }) = &mut *own else {
            unreachable!("this batch reads no message")
        };
        let mut op: grpc_op = std::mem::zeroed();
        op.op = grpc_op_type::GRPC_OP_RECV_MESSAGE;
        op.data.recv_message.recv_message = message;
        let started = __real_grpc_call_start_batch(call, &op, 1, tag, ptr::null_mut());
        if started != grpc_call_error::GRPC_CALL_OK {
            finish_own(tag);
        }
        started == grpc_call_error::GRPC_CALL_OK
    }
}

/// Starts a batch that goes well as far as grpcio can see, which hears so under this tag.
///
/// # Safety
/// As `grpc_call_start_batch` of C-core.
pub(super) unsafe fn start_well(
    call: *mut grpc_call,
    ops: &[grpc_op],
    tag: *mut c_void,
) -> grpc_call_error {
    let (own, own_tag) = Own::Well(tag).into_tag();
    // SAFETY: by the contract above; a batch that was not started has no event that would take
    // the box.
    unsafe {
        let (first, count) = (ops.as_ptr(), ops.len());
        let started = __real_grpc_call_start_batch(call, first, count, own_tag, ptr::null_mut());
        if started != grpc_call_error::GRPC_CALL_OK {
            drop(Box::from_raw(own));
        }
        started
    }
}

/// The tag of a batch that sends a status and waits for the end of its call: `status` and `close` are
/// grpcio's tags of the two.
pub(super) fn both(status: *mut c_void, close: *mut c_void, cancelled: *const i32) -> *mut c_void {
    Own::Both { status, close, cancelled }.into_tag().1
}

/// Lets go of the tag of a batch that was not started.
///
/// # Safety
/// It came from [`both`], and C-core does not have it.
pub(super) unsafe fn forget_both(tag: *mut c_void) {
    // SAFETY: by the contract above.
    drop(unsafe { Box::from_raw(tag.map_addr(|address| address & !1).cast::<Own>()) });
}

/// Whether this is the tag of a batch of our own.
pub(super) fn is_own(tag: *mut c_void) -> bool {
    tag.addr() & 1 == 1
}

/// Ends a batch of our own when its event comes; the tag under which grpcio hears that it went
/// well, if it is to be. Nothing may be woken here, nor dropped that is not ours and could wake:
/// what is woken on a queue's thread is polled after one of grpcio's events, and there may be none
/// for long.
///
/// # Safety
/// `tag` is [our own](is_own), and came with an event of an operation that is complete.
pub(super) unsafe fn finish_own(tag: *mut c_void) -> Option<*mut c_void> {
    // SAFETY: the tag is one of `Own::into_tag`, and its event comes once. The batch is
    // complete, so what it had is ours alone.
    unsafe {
        match *Box::from_raw(tag.map_addr(|address| address & !1).cast::<Own>()) {
            Own::Soon(state) => {
                if let Some(state) = state.upgrade() {
                    state.within(|| state.send_headers());
                }
            }
            Own::Headers { context, call } => {
                sys::grpcwrap_batch_context_destroy(context);
                sys::grpc_call_unref(call);
            }
            Own::First { message, state } => state.arrived(message),
            Own::Further { message, state, call } => {
                if !message.is_null() {
                    sys::grpc_byte_buffer_destroy(message);
                    state.set_second_reply();
                    sys::grpc_call_cancel(call, ptr::null_mut());
                }
                sys::grpc_call_unref(call);
            }
            Own::Well(tag) => return Some(tag),
            Own::Both { status, close, cancelled } => {
                // Always a success to C-core, by the rules of the end of a call.
                events::push(status, *cancelled == 0);
                return Some(close);
            }
        }
    }
    None
}
