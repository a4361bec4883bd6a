//! Writes of C-core's that leave together: it writes each answer to the socket separately, and the
//! system calls are what most of a small call costs.
//!
//! The thread of a completion queue that asked for it ([`coalesce_writes`]) holds small writes back
//! while it has more to do (`buffer`, one for each connection, found by its `table`), as many as
//! its load allows (`pace`). They are sent when so many are held, when the thread is about to sleep
//! (`queue`, which knows what it has `held`), by another thread (`watchdog`) when a handler keeps
//! it, and when the process exits. All of this happens between C-core and libc (`wrapped`), so TLS makes no difference.
//!
//! What it rests on, of C-core 1.56's engine `epoll1`: a socket is put into the one epoll set of
//! the process before it is written to, is written to by one thread at a time, by `sendmsg`, and
//! is shut down before it is closed; and a queue's thread sleeps in `epoll_wait` or in
//! `gpr_cv_wait`. A core that is a library of its own, and another engine (`GRPC_POLL_STRATEGY`),
//! put no socket into that set within reach of the linker: then nothing is held. A fork of
//! the process is not provided for, as everywhere in this crate.

mod buffer;
mod fd;
mod held;
mod pace;
mod queue;
mod table;
#[cfg(test)]
mod tests;
mod watchdog;
mod wrapped;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::cuts::Cut;

/// Whether any thread asked for it.
static ASKED: AtomicBool = AtomicBool::new(false);
/// Whether C-core's sockets are within reach.
static WITHIN_REACH: AtomicBool = AtomicBool::new(false);

/// Makes this thread, of a completion queue, hold writes back for as long as it lives. Says
/// whether C-core is one whose writes can be held, and they are to be; to be called once it is
/// initialised.
pub fn coalesce_writes() -> bool {
    let may = WITHIN_REACH.load(Relaxed) && Cut::Writes.is_made();
    let does = may && queue::mark_this_thread();
    if does {
        ASKED.store(true, Relaxed);
    }
    does
}
