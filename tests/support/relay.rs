//! A TCP relay that counts what passes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;

pub struct Relay {
    pub address: String,
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
}

/// Relays connections to `target` from a free port.
pub fn relay(target: &str) -> Relay {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (up, down) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let relay = Relay { address, up: up.clone(), down: down.clone() };
    let target = target.to_owned();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(&target) else { continue };
            let (client2, server2) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let (up, down) = (up.clone(), down.clone());
            thread::spawn(move || copy(client, server, &up));
            thread::spawn(move || copy(server2, client2, &down));
        }
    });
    relay
}

fn copy(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        count.fetch_add(length as u64, SeqCst);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

impl Relay {
    /// The bytes that have passed since the last time, to the server and from it.
    pub fn taken(&self) -> (u64, u64) {
        (self.up.swap(0, SeqCst), self.down.swap(0, SeqCst))
    }
}
