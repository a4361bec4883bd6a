//! Events of a completion queue that C-core need not be asked for.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr;

use grpcio_sys::{grpc_completion_queue, grpc_completion_type, grpc_event};

thread_local! {
    /// The queue whose events this thread takes, in grpcio's loop.
    static QUEUE: Cell<*mut grpc_completion_queue> = const { Cell::new(ptr::null_mut()) };
    static EVENTS: RefCell<VecDeque<grpc_event>> = const { RefCell::new(VecDeque::new()) };
}

/// The queue whose events this thread takes, or null.
pub(super) fn queue() -> *mut grpc_completion_queue {
    QUEUE.get()
}

/// To be called by the loop of a queue's thread: the next event that is there without C-core.
pub(super) fn next(queue: *mut grpc_completion_queue) -> Option<grpc_event> {
    QUEUE.set(queue);
    EVENTS.with_borrow_mut(VecDeque::pop_front)
}

/// Has the loop of this thread see that what this tag stands for is done.
pub(super) fn push(tag: *mut c_void, success: bool) {
    let type_ = grpc_completion_type::GRPC_OP_COMPLETE;
    let event = grpc_event { type_, success: success.into(), tag };
    EVENTS.with_borrow_mut(|events| events.push_back(event));
}
