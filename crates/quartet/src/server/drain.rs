use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use futures::future::{self, Either};
use futures_timer::Delay;

use super::Server;
use crate::queues::on_queue_thread;
use crate::rpc::Running;
use quartet_seam::{Ending, inside_core};

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every running call ended on its own.
    Complete,
    /// The limit passed, and the calls still running were cancelled.
    Cancelled,
    /// Calls were cancelled but did not end: a handler blocks its thread.
    Stuck,
}

/// How long clients get to answer to the `GOAWAY`, when they have no calls any more. A connection
/// whose client has vanished without a word would hold up the drain to its limit.
const UNANSWERED: Duration = Duration::from_secs(5);

/// How long cancelled calls get to end.
const CANCELLING: Duration = Duration::from_millis(900);

impl Server {
    /// Stops the server, in the order that a cluster expects:
    ///
    /// 1. its [`Health`](crate::services::Health), if it has one, reports that nothing is serving;
    ///    for the [`drain_delay`](super::ServerBuilder::drain_delay) it still serves;
    /// 2. new connections and calls are refused, and `GOAWAY` sends clients elsewhere;
    /// 3. running calls end on their own; clients that then do not respond to the `GOAWAY` are
    ///    dropped after five seconds;
    /// 4. calls still running after `limit` are cancelled.
    ///
    /// Takes at most a second more than the limit, whatever handlers and clients do.
    ///
    /// ```no_run
    /// # async fn stop(server: quartet::server::Server) {
    /// use std::time::Duration;
    /// use quartet::server::Drained;
    ///
    /// // On SIGTERM: a little less than the time that the cluster gives.
    /// if server.drain(Duration::from_secs(25)).await != Drained::Complete {
    ///     eprintln!("some calls were cut off");
    /// }
    /// # }
    /// ```
    pub async fn drain(mut self, limit: Duration) -> Drained {
        let Some(mut server) = self.inner.take() else {
            return Drained::Complete;
        };
        let started = Instant::now();
        if let Some(health) = &self.health {
            health.stop();
        }
        Delay::new(self.drain_delay.min(limit)).await;
        let left = limit.saturating_sub(started.elapsed());
        let outcome = stop(&mut server, &self.running, left).await;
        match outcome {
            // Destroying it would wait for the handler that blocks, perhaps for ever.
            Drained::Stuck => mem::forget(server),
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

async fn stop(server: &mut grpcio::Server, running: &Running, limit: Duration) -> Drained {
    let _ending = Ending::begin();
    let mut stopped = pin!(inside_core(|| server.shutdown()));
    let left_alone = pin!(async {
        running.none().await;
        Delay::new(UNANSWERED).await;
    });
    let enough = future::select(Delay::new(limit), left_alone);
    let outcome = match future::select(stopped.as_mut(), enough).await {
        Either::Left(_) => return Drained::Complete,
        Either::Right(_) if running.count() == 0 => Drained::Complete,
        Either::Right(_) => Drained::Cancelled,
    };
    server.cancel_all_calls();
    match future::select(stopped, Delay::new(CANCELLING)).await {
        Either::Left(_) => outcome,
        Either::Right(_) => Drained::Stuck,
    }
}

/// Stops a server at once and destroys it. grpcio waits for the end of all calls in a way
/// that panics inside of an executor and never ends on a queue's own thread; so it happens
/// on a thread of its own, which is waited for where that can be.
pub(super) fn discard(server: grpcio::Server) {
    let shared = Arc::new(Mutex::new(Some(server)));
    let take =
        |shared: &Mutex<Option<_>>| shared.lock().unwrap_or_else(PoisonError::into_inner).take();
    let of_worker = shared.clone();
    let worker = thread::Builder::new().name("quartet-stop".into()).spawn(move || {
        let Some(mut server) = take(&of_worker) else { return };
        match block_on(stop(&mut server, &Running::default(), Duration::ZERO)) {
            Drained::Stuck => mem::forget(server),
            _ => drop(server),
        }
    });
    match worker {
        Ok(worker) if !on_queue_thread() => {
            let _ = worker.join();
        }
        Ok(_) => {}
        Err(error) => {
            log::warn!("can't start a thread to stop a server, which is left behind: {error}");
            let Some(mut server) = take(&shared) else { return };
            drop(inside_core(|| server.shutdown()));
            server.cancel_all_calls();
            mem::forget(server);
        }
    }
}
