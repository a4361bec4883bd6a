//! The wrapped functions, called as C-core calls them, on sockets of the test's own.

use std::io::{ErrorKind, IoSlice, Read};
use std::mem;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use libc::{c_int, epoll_event, msghdr};

use super::super::inside_core;
use super::{coalesce_writes, table, watchdog, wrapped::*};

/// As C-core, the tests have one epoll set, and one thread at a time that waits in it.
// SAFETY: it takes no pointers.
static EPOLL: LazyLock<c_int> = LazyLock::new(|| unsafe { libc::epoll_create1(0) });
static TURN: Mutex<()> = Mutex::new(());

fn sendmsg(fd: RawFd, bytes: &[u8]) -> isize {
    let parts = [IoSlice::new(bytes)];
    // SAFETY: a message of one part, which is alive.
    unsafe {
        let mut message: msghdr = mem::zeroed();
        (message.msg_iov, message.msg_iovlen) = (parts.as_ptr().cast_mut().cast(), 1);
        __wrap_sendmsg(fd, &message, libc::MSG_NOSIGNAL)
    }
}

fn epoll_wait() {
    let mut event = epoll_event { events: 0, u64: 0 };
    // SAFETY: there is room for the one event.
    inside_core(|| unsafe { __wrap_epoll_wait(*EPOLL, &mut event, 1, 0) });
}

/// Runs a test on a thread that is used to some twenty writes between two sleeps: it gets a
/// connection, and its peer.
fn on_a_queue(test: impl FnOnce(UnixStream, UnixStream) + Send) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (ours, mut peers) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    peers.set_nonblocking(true).unwrap();
    let thread = move || {
        let mut event = epoll_event { events: 0, u64: 0 };
        // SAFETY: the event is alive.
        let added = || unsafe {
            __wrap_epoll_ctl(*EPOLL, libc::EPOLL_CTL_ADD, ours.as_raw_fd(), &mut event)
        };
        super::WITHIN_REACH.store(true, Relaxed);
        assert!(coalesce_writes());
        assert_eq!({ added }(), 0);
        epoll_wait();
        for _ in 0..100 {
            for _ in 0..20 {
                assert_eq!(sendmsg(ours.as_raw_fd(), b"x"), 1);
            }
            epoll_wait();
            assert_eq!(received(&mut peers).len(), 20);
        }
        test(ours, peers);
    };
    std::thread::scope(|scope| scope.spawn(thread).join().unwrap());
}

/// What has arrived by now.
fn received(peer: &mut UnixStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    match peer.read_to_end(&mut bytes) {
        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        Ok(_) => bytes.extend_from_slice(b"."),
    }
    bytes
}

#[test]
fn a_write_is_held_until_its_thread_sleeps() {
    on_a_queue(|ours, mut peer| {
        sendmsg(ours.as_raw_fd(), b"one ");
        sendmsg(ours.as_raw_fd(), b"two ");
        assert_eq!(received(&mut peer), b"");
        epoll_wait();
        assert_eq!(received(&mut peer), b"one two ");
    });
}

#[test]
fn shutdown_sends_what_is_held() {
    on_a_queue(|ours, mut peer| {
        sendmsg(ours.as_raw_fd(), b"last");
        // SAFETY: a socket of ours.
        unsafe { __wrap_shutdown(ours.as_raw_fd(), libc::SHUT_RDWR) };
        assert_eq!(received(&mut peer), b"last.");
    });
}

#[test]
fn the_end_of_the_process_sends_what_is_held() {
    on_a_queue(|ours, mut peer| {
        sendmsg(ours.as_raw_fd(), b"last");
        watchdog::send_the_rest();
        assert_eq!(received(&mut peer), b"last");
    });
}

#[test]
fn another_thread_s_write_goes_behind_what_is_held() {
    on_a_queue(|ours, mut peer| {
        sendmsg(ours.as_raw_fd(), b"first ");
        let fd = ours.as_raw_fd();
        assert_eq!(std::thread::spawn(move || sendmsg(fd, b"second")).join().unwrap(), 6);
        assert_eq!(received(&mut peer), b"first second");
    });
}

#[test]
fn the_watchdog_sends_what_a_busy_thread_holds() {
    on_a_queue(|ours, mut peer| {
        sendmsg(ours.as_raw_fd(), b"held");
        peer.set_nonblocking(false).unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut bytes = [0; 4];
        peer.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"held");
    });
}

#[test]
fn what_is_held_and_meets_a_full_kernel_follows_when_it_is_not() {
    on_a_queue(|ours, mut peer| {
        sendmsg(ours.as_raw_fd(), b"held");
        // Behind the table's back.
        let full = vec![b'f'; 1 << 10];
        let mut before = 0;
        while let Ok(sent) = std::io::Write::write(&mut &ours, &full) {
            before += sent;
        }
        epoll_wait();
        assert!(!table::flush(ours.as_raw_fd()));
        assert_eq!(sendmsg(ours.as_raw_fd(), b"refused"), -1);
        peer.set_nonblocking(false).unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut bytes = vec![0; before + 4];
        peer.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes[before..], *b"held");
    });
}
