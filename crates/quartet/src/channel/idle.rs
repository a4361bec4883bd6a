use std::convert::Infallible;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures::channel::oneshot::{self, Receiver, Sender};
use futures::future::{self, Either};
use futures_timer::Delay;

use crate::rpc::Client;

/// A connection to the target that is closed when there are no calls for a while, and reopened by
/// the next call.
///
/// C-core has a timer for that, which is switched off: of 1.56's, a call that begins as it fires
/// may wait for ever, or take the process down (there is a TODO about it where its client channel
/// enters IDLE), and it fires but once.
pub(super) struct Idle {
    time: Duration,
    connect: Box<dyn Fn() -> Client + Send + Sync>,
    connection: Mutex<Option<Connection>>,
}

struct Connection {
    client: Client,
    /// Since the last look.
    called: bool,
    /// Ends the watch when it is dropped.
    _open: Sender<Infallible>,
}

impl Idle {
    /// Looks whether there are calls whenever this time has passed.
    pub fn new(time: Duration, connect: impl Fn() -> Client + Send + Sync + 'static) -> Arc<Self> {
        let time = time.clamp(Duration::from_millis(1), Duration::from_secs(u32::MAX.into()));
        Arc::new(Idle { time, connect: Box::new(connect), connection: Mutex::default() })
    }

    /// The client for a call that begins now.
    pub fn client(self: &Arc<Self>) -> Client {
        let mut connection = self.connection();
        if let Some(connection) = &mut *connection {
            connection.called = true;
            return connection.client.clone();
        }
        let client = (self.connect)();
        let (open, closed) = oneshot::channel();
        *connection = Some(Connection { client: client.clone(), called: true, _open: open });
        // The watch begins on this thread, and if its time is up by then it asks for the connection.
        drop(connection);
        client.spawn(watch(Arc::downgrade(self), self.time, closed));
        client
    }

    /// Closes the connection if there has been no call since the last time, and none runs; whether it
    /// has.
    fn closed(&self) -> bool {
        let mut connection = self.connection();
        let in_use = connection.as_mut().is_some_and(|connection| {
            connection.client.is_calling() || mem::take(&mut connection.called)
        });
        let closed = if in_use { None } else { connection.take() };
        drop(connection);
        closed.is_some()
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn watch(idle: Weak<Idle>, time: Duration, mut closed: Receiver<Infallible>) {
    while let Either::Left(_) = future::select(Delay::new(time), &mut closed).await {
        if idle.upgrade().is_none_or(|idle| idle.closed()) {
            break;
        }
    }
}
