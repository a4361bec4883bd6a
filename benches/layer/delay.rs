//! A link that takes its time.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// An address behind which this one is reached, so many milliseconds later each way. The relay
/// lives as long as the process.
pub fn behind(address: String, milliseconds: u64) -> String {
    if milliseconds == 0 {
        return address;
    }
    let delay = Duration::from_millis(milliseconds);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let relay = listener.local_addr().expect("it listens").to_string();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&address) else { return };
            for socket in [&client, &server] {
                socket.set_nodelay(true).expect("a socket");
            }
            let back = (server.try_clone().expect("a socket"), client.try_clone().expect("one"));
            thread::spawn(move || pass(client, server, delay));
            thread::spawn(move || pass(back.0, back.1, delay));
        }
    });
    relay
}

/// Passes on what comes, each piece at its time: what is under way is as much as fits the delay.
fn pass(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, pieces) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || -> io::Result<()> {
        for (due, piece) in pieces {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            to.write_all(&piece)?;
        }
        to.shutdown(std::net::Shutdown::Write)
    });
    let mut buffer = vec![0; 256 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if sender.send((Instant::now() + delay, buffer[..length].to_vec())).is_err() {
            return;
        }
    }
}
