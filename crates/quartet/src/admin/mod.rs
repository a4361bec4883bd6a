//! A small HTTP/1.1 server for the people and programs that run a service: pages made by functions,
//! on a separate address.
//!
//! It is not a web server: it answers GET and HEAD, closes each connection after its answer, and
//! has neither TLS nor passwords. Keep it on loopback, or behind something that guards it.

mod connection;
mod http;
mod page;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use page::Page;

type Pages = BTreeMap<String, Box<dyn Fn() -> Page + Send + Sync>>;

/// Builds an admin server.
#[must_use = "nothing is served before `start`"]
#[derive(Default)]
pub struct AdminBuilder {
    pages: Pages,
}

impl AdminBuilder {
    /// Adds a page under this path (`/version`). The function makes it for each request, on a
    /// thread of the admin server; other requests don't wait for it.
    pub fn page(mut self, path: &str, page: impl Fn() -> Page + Send + Sync + 'static) -> Self {
        self.pages.insert(path.to_owned(), Box::new(page));
        self
    }

    /// Listens, and answers from its own thread. Unless there is a page for it, `/` lists the
    /// pages.
    ///
    /// # Errors
    /// When it can't listen on the address.
    pub fn start(self, address: impl ToSocketAddrs) -> io::Result<Admin> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        // A listener can't be woken, but what it is made of can be shut down.
        let ear = TcpStream::from(OwnedFd::from(listener.try_clone()?));
        let shared = Arc::new(Shared {
            pages: self.pages,
            connections: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let accepting = shared.clone();
        let thread = thread::Builder::new()
            .name("quartet-admin".into())
            .spawn(move || accepting.accept(&listener))?;
        Ok(Admin { address, shared, ear, thread: Some(thread) })
    }
}

/// A running admin server; it stops at once when dropped.
pub struct Admin {
    address: SocketAddr,
    shared: Arc<Shared>,
    ear: TcpStream,
    thread: Option<JoinHandle<()>>,
}

impl Admin {
    /// Starts building an admin server.
    pub fn builder() -> AdminBuilder {
        AdminBuilder::default()
    }

    /// Where it listens, with the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Relaxed);
        let _ = self.ear.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.shared.connections().drain(..).for_each(|open| open.shut());
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Admin").field(&self.address).finish()
    }
}

impl fmt::Debug for AdminBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.pages.keys()).finish()
    }
}

/// What the threads share.
struct Shared {
    pages: Pages,
    /// The oldest first.
    connections: Mutex<VecDeque<Open>>,
    stopping: AtomicBool,
}

/// A connection that has a thread.
struct Open(Arc<TcpStream>);

impl Open {
    /// Ends it, and with it its thread, whatever the thread waits for.
    fn shut(&self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// How many connections there are at once. One more ends the oldest, so that those who hold on
/// to theirs keep nobody out.
const MOST_CONNECTIONS: usize = 32;

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        /// Between two lines about connections that can't be taken.
        const QUIET: Duration = Duration::from_secs(60);
        let mut told: Option<Instant> = None;
        while !self.stopping.load(Relaxed) {
            match listener.accept() {
                Ok((stream, _)) => self.take(stream),
                Err(_) if self.stopping.load(Relaxed) => return,
                Err(error) => {
                    // Such as too many open files, which time may mend.
                    if told.is_none_or(|told| told.elapsed() >= QUIET) {
                        told = Some(Instant::now());
                        log::warn!("the admin server can't accept connections: {error}");
                    }
                    thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }

    fn take(self: &Arc<Self>, stream: TcpStream) {
        let stream = Arc::new(stream);
        let mut connections = self.connections();
        if connections.len() >= MOST_CONNECTIONS
            && let Some(oldest) = connections.pop_front()
        {
            oldest.shut();
        }
        let shared = self.clone();
        let served = stream.clone();
        let thread = thread::Builder::new().name("quartet-admin".into()).spawn(move || {
            connection::serve(&served, &shared.pages);
            shared.connections().retain(|open| !Arc::ptr_eq(&open.0, &served));
        });
        match thread {
            Ok(_) => connections.push_back(Open(stream)),
            Err(error) => {
                log::warn!("the admin server can't start a thread for a connection: {error}")
            }
        }
    }

    fn connections(&self) -> MutexGuard<'_, VecDeque<Open>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
