//! A look at the connections, in between.
//!
//! C-core looks at them only on a thread that asks an empty completion queue for its next event.
//! A task that always has something to do, such as one that sends small messages as fast as it
//! can, or takes them from a long backlog, never leaves its queue empty, so that for seconds nothing
//! is read on any connection. A
//! second queue of the thread's own, which is always empty, is asked then: the connections
//! of the process are all in one set.

use std::cell::Cell;
use std::ptr;

use grpcio_sys::{self as sys, gpr_clock_type, grpc_completion_queue};

thread_local! {
    static EMPTY: Empty = Empty::new();
    static TURNS: Cell<u32> = const { Cell::new(0) };
}

/// How many messages pass between one look and the next: few enough for a millisecond at most,
/// and many enough for its cost, of a system call, not to show.
const EVERY: u32 = 256;

/// To be called with each message of those that can be many without a pause. Now and then has
/// C-core look at the connections.
pub fn take_turn() {
    let turn = TURNS.get().wrapping_add(1);
    TURNS.set(turn);
    if turn.is_multiple_of(EVERY) {
        EMPTY.with(Empty::ask);
    }
}

/// A completion queue on which nothing ever happens.
struct Empty(*mut grpc_completion_queue);

impl Empty {
    fn new() -> Self {
        // SAFETY: a queue is made, which is this thread's alone; C-core is held (`grpc_init`)
        // until it is destroyed.
        unsafe {
            sys::grpc_init();
            Empty(sys::grpc_completion_queue_create_for_next(ptr::null_mut()))
        }
    }

    /// Waits for nothing.
    fn ask(&self) {
        // SAFETY: the queue lives, and no other thread asks it.
        unsafe {
            let past = sys::gpr_inf_past(gpr_clock_type::GPR_CLOCK_MONOTONIC);
            sys::grpc_completion_queue_next(self.0, past, ptr::null_mut());
        }
    }
}

impl Drop for Empty {
    fn drop(&mut self) {
        // SAFETY: nothing is under way on the queue, so it is shut down at once.
        unsafe {
            sys::grpc_completion_queue_shutdown(self.0);
            self.ask();
            sys::grpc_completion_queue_destroy(self.0);
            sys::grpc_shutdown();
        }
    }
}
