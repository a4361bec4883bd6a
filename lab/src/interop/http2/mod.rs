//! An HTTP/2 server of the lab's own, which does what no good server does. Clients have to cope.
//!
//! It knows nothing of a request but its frames: no header is ever decoded.

mod connection;
pub mod frame;
mod log;
pub mod script;

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use connection::{Connection, Shared};
use log::Log;
use script::{Script, Seen};

/// How long a connection may outlive its client: what is on the way is still to be seen.
const GRACE: Duration = Duration::from_secs(1);

/// A server that runs, until it is asked what it saw.
pub struct ScriptedServer {
    address: SocketAddr,
    state: Arc<State>,
    acceptor: JoinHandle<()>,
}

struct State {
    script: &'static Script,
    message: Vec<u8>,
    goaway: AtomicBool,
    closing: AtomicBool,
    log: Log,
    connections: Mutex<Vec<(TcpStream, JoinHandle<Seen>)>>,
}

impl ScriptedServer {
    /// Listens, and serves each connection by the script.
    pub fn start(script: &'static Script, log: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            script,
            message: script::message(),
            goaway: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            log: Log::new(log),
            connections: Mutex::default(),
        });
        let acceptor = thread::spawn({
            let state = state.clone();
            move || state.accept(&listener)
        });
        Ok(Self { address, state, acceptor })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Ends, and reports each connection on which there was a call or a mistake.
    pub fn finish(self) -> Vec<Seen> {
        self.state.closing.store(true, Ordering::SeqCst);
        // Wakes the acceptor. If that can't be, it has ended already.
        drop(TcpStream::connect(self.address));
        self.acceptor.join().unwrap_or_default();
        let connections = std::mem::take(&mut *self.state.connections());
        let deadline = Instant::now() + GRACE;
        let seen = connections.into_iter().filter_map(|(socket, thread)| {
            while !thread.is_finished() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(1));
            }
            socket.shutdown(Shutdown::Both).unwrap_or_default();
            thread.join().ok()
        });
        seen.filter(|seen| *seen != Seen::default()).collect()
    }
}

impl State {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        let mut number = 0;
        while let Ok((socket, _)) = listener.accept() {
            if self.closing.load(Ordering::SeqCst) {
                // Those who have come already are served.
                listener.set_nonblocking(true).unwrap_or_default();
            }
            number += 1;
            // An answer comes as many small writes.
            socket.set_nodelay(true).unwrap_or_default();
            let Ok(handle) = socket.try_clone() else { continue };
            let state = self.clone();
            let thread = thread::spawn(move || state.serve(number, &socket));
            self.connections().push((handle, thread));
        }
    }

    fn serve(&self, number: usize, socket: &TcpStream) -> Seen {
        let Self { script, message, goaway, log, .. } = self;
        let seen =
            Connection::new(&Shared { script, message, goaway, log }, number, socket).serve();
        socket.shutdown(Shutdown::Both).unwrap_or_default();
        seen
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, Vec<(TcpStream, JoinHandle<Seen>)>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
