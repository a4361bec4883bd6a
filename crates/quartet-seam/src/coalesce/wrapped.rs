//! The functions of libc and C-core through which a write and a sleep go.

use std::ffi::{c_int, c_void};
use std::io::{self, IoSlice};
use std::mem;
use std::ptr;
use std::slice;
use std::sync::atomic::Ordering::Relaxed;

use grpcio_sys::gpr_timespec;
use libc::{epoll_event, msghdr, ssize_t};

use super::super::real::*;
use super::super::refused::is_inside_core;
use super::buffer::Socket;
use super::{ASKED, WITHIN_REACH, queue, table};

/// A socket by its number.
pub(super) struct Fd(pub c_int);

impl Socket for Fd {
    fn send(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        // SAFETY: a `msghdr` may be all zeroes; `IoSlice` has the layout of `iovec`, and the parts
        // are only read.
        let sent = unsafe {
            let mut message: msghdr = mem::zeroed();
            message.msg_iov = parts.as_ptr().cast_mut().cast();
            message.msg_iovlen = parts.len() as _;
            __real_sendmsg(self.0, &message, libc::MSG_NOSIGNAL)
        };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }

    /// Half of what is free: the kernel counts what it adds to the bytes, too. None where it does
    /// not say (before Linux 4.12).
    fn room(&self) -> usize {
        let mut memory = [0_u32; MEMORY];
        let mut size = size_of_val(&memory) as libc::socklen_t;
        // SAFETY: the kernel writes at most so many bytes.
        let told = unsafe {
            let memory = ptr::from_mut(&mut memory).cast();
            libc::getsockopt(self.0, libc::SOL_SOCKET, libc::SO_MEMINFO, memory, &mut size)
        };
        let taken = memory[SENT].max(memory[QUEUED]);
        if told == 0 { memory[LIMIT].saturating_sub(taken) as usize / 2 } else { 0 }
    }
}

/// How many numbers `SO_MEMINFO` has, and which of them are wanted (`SK_MEMINFO_*`).
const MEMORY: usize = 9;
const SENT: usize = 2;
const LIMIT: usize = 3;
const QUEUED: usize = 5;

/// Called for each socket before anything is written to it.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_epoll_ctl(
    epoll: c_int,
    operation: c_int,
    fd: c_int,
    event: *mut epoll_event,
) -> c_int {
    if operation == libc::EPOLL_CTL_ADD {
        WITHIN_REACH.store(true, Relaxed);
        if ASKED.load(Relaxed) {
            table::opened(fd, epoll);
        }
    }
    // SAFETY: as it was called.
    unsafe { __real_epoll_ctl(epoll, operation, fd, event) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_sendmsg(
    fd: c_int,
    message: *const msghdr,
    flags: c_int,
) -> ssize_t {
    // SAFETY: as it was called: the message and its parts are alive.
    unsafe {
        if ASKED.load(Relaxed) {
            let message = &*message;
            let is_plain = message.msg_control.is_null()
                && message.msg_name.is_null()
                && flags == libc::MSG_NOSIGNAL;
            let parts: &[IoSlice<'_>] = match is_plain && message.msg_iovlen > 0 {
                true => slice::from_raw_parts(message.msg_iov.cast(), message.msg_iovlen as _),
                // Nothing of its own: what is held goes first.
                false => &[],
            };
            match table::write(fd, parts) {
                Some(Ok(sent)) if is_plain => return sent as ssize_t,
                Some(Err(error)) => {
                    *libc::__errno_location() = error.raw_os_error().unwrap_or(libc::EIO);
                    return -1;
                }
                _ => {}
            }
        }
        __real_sendmsg(fd, message, flags)
    }
}

/// Called before a socket is closed.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_shutdown(fd: c_int, how: c_int) -> c_int {
    if ASKED.load(Relaxed) {
        table::closing(fd);
    }
    // SAFETY: as it was called.
    unsafe { __real_shutdown(fd, how) }
}

/// Called when a queue has nothing more to do.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_epoll_wait(
    epoll: c_int,
    events: *mut epoll_event,
    most: c_int,
    timeout: c_int,
) -> c_int {
    if ASKED.load(Relaxed) && queue::is_this_thread() {
        if is_inside_core() {
            table::core_waits_in(epoll);
        }
        queue::about_to_sleep();
    }
    // SAFETY: as it was called.
    unsafe { __real_epoll_wait(epoll, events, most, timeout) }
}

/// Called when a queue has nothing more to do, and the thread of another waits for both.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_gpr_cv_wait(
    variable: *mut c_void,
    mutex: *mut c_void,
    deadline: gpr_timespec,
) -> c_int {
    if ASKED.load(Relaxed) {
        queue::about_to_sleep();
    }
    // SAFETY: as it was called.
    unsafe { __real_gpr_cv_wait(variable, mutex, deadline) }
}
