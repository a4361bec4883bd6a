//! The functions of libc and C-core through which a write and a sleep go.

use std::ffi::{c_int, c_void};
use std::io::{self, IoSlice};
use std::slice;
use std::sync::atomic::Ordering::Relaxed;

use grpcio_sys::gpr_timespec;
use libc::{epoll_event, msghdr, ssize_t};

use super::super::busy_poll;
use super::super::real::*;
use super::super::refused::is_inside_core;
use super::{ASKED, WITHIN_REACH, queue, table};

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
            match write(fd, parts) {
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

/// A write to a socket; none if it is no connection of C-core's.
fn write(fd: c_int, parts: &[IoSlice<'_>]) -> Option<io::Result<usize>> {
    let written = table::write(fd, parts, queue::about_to_write)?;
    if written.holds_first {
        queue::holds(fd);
    }
    Some(written.result)
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
    busy_poll::wait(timeout, |timeout| unsafe { __real_epoll_wait(epoll, events, most, timeout) })
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
