//! Completion queues, and the threads that poll them.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use grpcio::{EnvBuilder, Environment};

use crate::seam;

/// Completion queues, with a thread each, for servers and channels to share
/// ([`ServerBuilder::queues`](crate::server::ServerBuilder::queues),
/// [`ChannelBuilder::queues`](crate::channel::ChannelBuilder::queues)).
///
/// C-core has one poller for the whole process, and hands every event of another queue's over
/// from thread to thread. So a process with several channels, or with a server and channels, is
/// faster on one queue, unless it has cores to spare. The threads end with the last
/// server, channel and clone.
#[derive(Clone)]
pub struct CompletionQueues {
    environment: Arc<Environment>,
    max_receive: Arc<AtomicUsize>,
}

impl CompletionQueues {
    /// So many, at least one.
    pub fn new(count: usize) -> Self {
        CompletionQueues::named("quartet-queue", count, false)
    }

    /// So many, whose servers and channels coalesce what they write, as with
    /// [`coalesce_writes`](crate::server::ServerBuilder::coalesce_writes).
    pub fn coalescing(count: usize) -> Self {
        CompletionQueues::named("quartet-queue", count, true)
    }

    pub(crate) fn named(prefix: &str, count: usize, coalesces: bool) -> Self {
        let max_receive = Arc::new(AtomicUsize::new(0));
        let limit = max_receive.clone();
        let environment = EnvBuilder::new()
            .cq_count(count.max(1))
            .name_prefix(prefix)
            .after_start(move || {
                QUEUE_THREAD.set(true);
                seam::take_up_to(limit.clone());
                if coalesces && !seam::coalesce_writes() {
                    log::warn!(
                        "writes are not coalesced: C-core {} is an installed library, or does not \
                         poll by epoll; build with the bundled core, and leave \
                         GRPC_POLL_STRATEGY alone",
                        seam::core_version()
                    );
                }
            })
            .build();
        CompletionQueues { environment: Arc::new(environment), max_receive }
    }

    /// To be called on a queue's thread with each message that a stream of grpcio's own sends or
    /// receives there without a pause: lets C-core look at the connections in between, which it
    /// otherwise does only when there is nothing left to do on the queue. The streams of this crate
    /// do so by themselves.
    pub fn take_turn() {
        seam::take_turn();
    }

    /// The queues as grpcio has them: for servers and channels of its own.
    pub fn environment(&self) -> &Arc<Environment> {
        &self.environment
    }

    /// Takes messages of up to so many bytes, or more if another one on the queues does.
    pub(crate) fn take_up_to(&self, bytes: usize) {
        self.max_receive.fetch_max(bytes.max(1), Relaxed);
    }
}

impl fmt::Debug for CompletionQueues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.environment.completion_queues().len();
        f.debug_tuple("CompletionQueues").field(&count).finish()
    }
}

thread_local! {
    static QUEUE_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Whether this is a thread that polls a completion queue.
pub(crate) fn on_queue_thread() -> bool {
    QUEUE_THREAD.get()
}
