//! A server that says exactly what a test wants it to, frame by frame.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use crate::support::http2::hpack::Header;
use crate::support::http2::{Connection, END_HEADERS, Frame, HEADERS, WINDOW_UPDATE, block, frame};

/// Serves with a function that is given each frame that comes, for as long as there are
/// connections; the address.
pub fn serve(answer: impl Fn(&mut Connection, &Frame) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        loop {
            let mut connection = Connection::accept(&listener);
            let answer = answer.clone();
            thread::spawn(move || {
                connection.frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes());
                while let Some(frame) = connection.next() {
                    answer(&mut connection, &frame);
                }
            });
        }
    });
    target
}

/// The headers of a response.
pub fn headers(stream: u32, more: &[Header<'_>], flags: u8) -> Vec<u8> {
    let mut all: Vec<Header<'_>> = vec![(":status", b"200"), ("content-type", b"application/grpc")];
    all.extend(more);
    frame(HEADERS, END_HEADERS | flags, stream, &block(&all))
}
