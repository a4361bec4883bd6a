//! One connection, on a thread of its own: a request, an answer, the end.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::Pages;
use super::http::{self, Asked, LONGEST_HEAD};
use super::page::Page;

/// How long a client may take to send its request, and then to read the answer.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn serve(stream: &TcpStream, pages: &Pages) {
    // That it fails means that the client is gone, or too slow.
    let _ = attempt(stream, pages);
    let _ = stream.shutdown(Shutdown::Both);
}

fn attempt(stream: &TcpStream, pages: &Pages) -> io::Result<()> {
    let (page, head_only, accepted) = match receive(stream)? {
        Ok(Asked { head_only, path, accepted }) => (find(&path, pages), head_only, accepted),
        Err(page) => (page, false, None),
    };
    let answer = http::answer(&page, head_only, accepted.as_deref());
    let until = Instant::now() + PATIENCE;
    let mut rest = answer.as_bytes();
    while !rest.is_empty() {
        stream.set_write_timeout(Some(left(until)?))?;
        let written = (&mut &*stream).write(rest)?;
        rest = &rest[written..];
    }
    finish(stream, until)
}

/// Receives the head of a request, byte by byte if it has to be, but in time.
fn receive(stream: &TcpStream) -> io::Result<Result<Asked, Page>> {
    let until = Instant::now() + PATIENCE;
    let (mut head, mut length) = ([0; LONGEST_HEAD], 0);
    loop {
        let read = left(until).and_then(|left| {
            stream.set_read_timeout(Some(left))?;
            (&mut &*stream).read(&mut head[length..])
        });
        match read {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(received) => length += received,
            Err(error) if is_late(&error) => {
                return Ok(Err(Page::plain(408, "the request did not arrive in time")));
            }
            Err(error) => return Err(error),
        }
        match http::read(&head[..length]) {
            Ok(None) => {}
            Ok(Some(asked)) => return Ok(Ok(asked)),
            Err(page) => return Ok(Err(page)),
        }
    }
}

/// Closes in a way that lets the client read the answer: what it still sends is read, a little
/// of it, as an end with something unread would take the answer back.
fn finish(stream: &TcpStream, until: Instant) -> io::Result<()> {
    const LITTLE: u64 = 64 << 10;
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(left(until)?.min(Duration::from_secs(1))))?;
    io::copy(&mut stream.take(LITTLE), &mut io::sink())?;
    Ok(())
}

/// The time that is left, which is none that a socket takes for no limit.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// The page of a path.
fn find(path: &str, pages: &Pages) -> Page {
    match pages.get(path) {
        Some(page) => catch_unwind(AssertUnwindSafe(page)).unwrap_or_else(|_| {
            log::error!("the admin page {path} panicked");
            Page::plain(500, "this page failed; the log says more")
        }),
        None if path == "/" => Page::text(pages.keys().cloned().collect::<Vec<_>>().join("\n")),
        None => Page::plain(404, "no such page; / lists the pages"),
    }
}
