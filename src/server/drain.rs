use std::cell::Cell;
use std::pin::pin;
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::{self, Either};
use futures_timer::Delay;

use super::Server;

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every call that was running came to its own end.
    Complete,
    /// Time was up, and the calls that still ran were cancelled.
    Cancelled,
    /// Calls were cancelled and did not end even so: a handler blocks its thread.
    Stuck,
}

/// How long cancelled calls get to end.
const CANCELLING: Duration = Duration::from_millis(900);

impl Server {
    /// Stops: refuses new connections and calls at once (clients are told by GOAWAY to go
    /// elsewhere), lets running calls end, cancels those that still run after `limit`. Takes
    /// the limit and a second at most, whatever handlers and clients do.
    pub async fn drain(mut self, limit: Duration) -> Drained {
        let Some(mut server) = self.inner.take() else {
            return Drained::Complete;
        };
        if let Some(health) = &self.health {
            health.stop();
        }
        let outcome = stop(&mut server, limit).await;
        match outcome {
            // Destroying it would wait for the handler that blocks, perhaps for ever.
            Drained::Stuck => std::mem::forget(server),
            _ => discard(server),
        }
        outcome
    }
}

impl Drop for Server {
    /// Stops at once: running calls are cancelled.
    fn drop(&mut self) {
        if let Some(server) = self.inner.take() {
            if let Some(health) = &self.health {
                health.stop();
            }
            discard(server);
        }
    }
}

async fn stop(server: &mut grpcio::Server, limit: Duration) -> Drained {
    let mut stopped = pin!(server.shutdown());
    if let Either::Left(_) = future::select(stopped.as_mut(), Delay::new(limit)).await {
        return Drained::Complete;
    }
    server.cancel_all_calls();
    match future::select(stopped, Delay::new(CANCELLING)).await {
        Either::Left(_) => Drained::Cancelled,
        Either::Right(_) => Drained::Stuck,
    }
}

thread_local! {
    static QUEUE_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Called on each thread that polls a completion queue.
pub(super) fn mark_queue_thread() {
    QUEUE_THREAD.set(true);
}

/// Stops a server at once and destroys it. grpcio waits for the end of all calls in a way
/// that panics inside of an executor and never ends on a queue's own thread; so it happens
/// on a thread of its own, which is waited for where that can be.
pub(super) fn discard(mut server: grpcio::Server) {
    let worker = thread::Builder::new().name("quartet-stop".into()).spawn(move || {
        match block_on(stop(&mut server, Duration::ZERO)) {
            Drained::Stuck => std::mem::forget(server),
            _ => drop(server),
        }
    });
    match worker {
        Ok(worker) if !QUEUE_THREAD.get() => {
            let _ = worker.join();
        }
        _ => {}
    }
}
