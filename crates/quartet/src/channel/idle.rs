use std::convert::Infallible;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures::channel::oneshot::{self, Receiver, Sender};
use futures::future::{self, Either};
use futures_timer::Delay;

use crate::rpc::Client;

/// A way to the target that is given up when nobody calls for a while, and laid anew by the next
/// call.
///
/// C-core has a timer for that, which is switched off: of 1.56's, a call that begins as it fires
/// may wait for ever, or take the process down (there is a TODO about it where its client channel
/// enters IDLE), and it fires but once.
pub(super) struct Idle {
    time: Duration,
    connect: Box<dyn Fn() -> Client + Send + Sync>,
    way: Mutex<Option<Way>>,
}

struct Way {
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
        Arc::new(Idle { time, connect: Box::new(connect), way: Mutex::default() })
    }

    /// The way for a call that begins now.
    pub fn client(self: &Arc<Self>) -> Client {
        let mut way = self.way();
        if let Some(way) = &mut *way {
            way.called = true;
            return way.client.clone();
        }
        let client = (self.connect)();
        let (open, closed) = oneshot::channel();
        *way = Some(Way { client: client.clone(), called: true, _open: open });
        // The watch begins on this thread, and if its time is up by then it asks for the way.
        drop(way);
        client.spawn(watch(Arc::downgrade(self), self.time, closed));
        client
    }

    /// Gives the way up if there has been no call since the last time, and none runs; whether it
    /// has.
    fn given_up(&self) -> bool {
        let mut way = self.way();
        let in_use =
            way.as_mut().is_some_and(|way| way.client.is_calling() || mem::take(&mut way.called));
        let given_up = if in_use { None } else { way.take() };
        drop(way);
        given_up.is_some()
    }

    fn way(&self) -> MutexGuard<'_, Option<Way>> {
        self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn watch(idle: Weak<Idle>, time: Duration, mut closed: Receiver<Infallible>) {
    while let Either::Left(_) = future::select(Delay::new(time), &mut closed).await {
        if idle.upgrade().is_none_or(|idle| idle.given_up()) {
            break;
        }
    }
}
