use std::ffi::c_int;
use std::io::{self, IoSlice};
use std::mem;
use std::ptr;

use libc::msghdr;

use super::super::real::__real_sendmsg;
use super::buffer::Socket;

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
