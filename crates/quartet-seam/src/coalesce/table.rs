use std::ffi::c_int;
use std::io::{self, IoSlice};
use std::mem;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::buffer::Buffer;
use super::fd::Fd;

/// The sockets that are looked after; those with higher numbers are written to at once.
const SOCKETS: usize = 1 << 16;

/// By file descriptor. What was once used stays.
static TABLE: [OnceLock<Box<Mutex<Connection>>>; SOCKETS] = [const { OnceLock::new() }; SOCKETS];

/// The epoll set in which C-core waits.
static EPOLL_OF_CORE: AtomicI32 = AtomicI32::new(NONE);
const NONE: c_int = -1;

struct Connection {
    /// The epoll set that the socket is in: C-core's, or somebody else's.
    epoll: c_int,
    buffer: Buffer,
}

/// Says in which epoll set C-core waits.
pub(super) fn core_waits_in(epoll: c_int) {
    EPOLL_OF_CORE.store(epoll, Relaxed);
}

/// A new socket has this number.
pub(super) fn opened(fd: c_int, epoll: c_int) {
    let Some(slot) = slot(fd) else { return };
    let new = Connection { epoll, buffer: Buffer::default() };
    match slot.get() {
        Some(connection) => *lock(connection) = new,
        None => drop(slot.set(Box::new(new.into()))),
    }
}

/// Sends what is held, and holds nothing any more: the number is about to be another's.
pub(super) fn closing(fd: c_int) {
    if let Some(connection) = slot(fd).and_then(OnceLock::get) {
        let mut connection = lock(connection);
        connection.epoll = NONE;
        mem::take(&mut connection.buffer).flush(&Fd(fd));
    }
}

/// Sends what is held. Says whether all of it has gone.
pub(super) fn flush(fd: c_int) -> bool {
    let Some(connection) = slot(fd).and_then(OnceLock::get) else { return true };
    let mut connection = lock(connection);
    if !connection.buffer.is_empty() {
        connection.buffer.flush(&Fd(fd));
    }
    connection.buffer.is_empty()
}

/// What became of a write.
pub(super) struct Written {
    pub result: io::Result<usize>,
    /// Whether something is held on a connection on which nothing was.
    pub holds_first: bool,
}

/// A write to a socket, of which so many may be held; none if it is no connection of C-core's.
pub(super) fn write(
    fd: c_int,
    parts: &[IoSlice<'_>],
    at_most: impl FnOnce() -> u32,
) -> Option<Written> {
    let mut connection = of_core(fd)?;
    let was_empty = connection.buffer.is_empty();
    let result = connection.buffer.write(parts, at_most(), &Fd(fd));
    Some(Written { result, holds_first: was_empty && !connection.buffer.is_empty() })
}

fn of_core(fd: c_int) -> Option<MutexGuard<'static, Connection>> {
    let connection = lock(slot(fd)?.get()?);
    (connection.epoll == EPOLL_OF_CORE.load(Relaxed) && connection.epoll != NONE)
        .then_some(connection)
}

fn slot(fd: c_int) -> Option<&'static OnceLock<Box<Mutex<Connection>>>> {
    TABLE.get(usize::try_from(fd).ok()?)
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}
