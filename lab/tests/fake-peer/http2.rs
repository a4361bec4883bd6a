//! As little of an HTTP/2 client as can be.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Makes so many calls at once on one connection, and fails if one is reset. It acknowledges
/// nothing.
pub fn call(address: &str, calls: u32) {
    let mut server = TcpStream::connect(address).expect("a server");
    server.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").expect("a server that reads");
    send(&mut server, SETTINGS, 0, 0, &[0, 4, 1, 0, 0, 0]);
    send(&mut server, WINDOW_UPDATE, 0, 0, &[1, 0, 0, 0]);
    for call in 0..calls {
        send(&mut server, HEADERS, END_HEADERS | END_STREAM, 2 * call + 1, &[]);
    }
    let mut open = calls;
    while open > 0 {
        let (kind, flags) = receive(&mut server);
        if kind == RST_STREAM {
            eprintln!("reset");
            process::exit(1);
        }
        if kind == HEADERS && flags & END_STREAM != 0 {
            open -= 1;
        }
    }
}

fn send(server: &mut TcpStream, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let head = [0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream as u8];
    server.write_all(&[&head, payload].concat()).expect("a server that reads");
}

/// The kind and the flags of the next frame.
fn receive(server: &mut TcpStream) -> (u8, u8) {
    let mut head = [0; 9];
    server.read_exact(&mut head).expect("a frame");
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    server.read_exact(&mut vec![0; length as usize]).expect("its payload");
    (head[3], head[4])
}
