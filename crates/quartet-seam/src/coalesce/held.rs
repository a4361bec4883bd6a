use std::ffi::c_int;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::table;

/// The connections on which a thread has held something back since it slept.
#[derive(Default)]
pub(super) struct Held {
    sockets: Mutex<Vec<c_int>>,
    /// How often they were sent.
    flushes: AtomicU64,
}

impl Held {
    pub fn add(&self, fd: c_int) {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner).push(fd);
    }

    pub fn is_empty(&self) -> bool {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Sends what is held on them. Returns those of which the kernel did not take all.
    pub fn flush(&self) -> Vec<c_int> {
        let mut sockets =
            mem::take(&mut *self.sockets.lock().unwrap_or_else(PoisonError::into_inner));
        if !sockets.is_empty() {
            self.flushes.fetch_add(1, Relaxed);
        }
        sockets.retain(|fd| !table::flush(*fd));
        sockets
    }

    pub fn flushes(&self) -> u64 {
        self.flushes.load(Relaxed)
    }
}
