//! Completion queues, and the threads that poll them.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use grpcio::{EnvBuilder, Environment};

use crate::{heap, resources};
use quartet_seam as seam;

/// Completion queues, with a thread each, for servers and channels to share
/// ([`ServerBuilder::queues`](crate::server::ServerBuilder::queues),
/// [`ChannelBuilder::queues`](crate::channel::ChannelBuilder::queues)).
///
/// C-core has one poller for the whole process, and hands events of other queues over from thread
/// to thread. So a process with several channels, or with a server and channels, is faster on one
/// queue, unless it has spare cores. The threads end with the last server, channel and clone.
#[derive(Clone)]
pub struct CompletionQueues {
    environment: Arc<Environment>,
    /// The least length that is too long; 0 while nothing is on the queues.
    too_long: Arc<AtomicUsize>,
}

impl CompletionQueues {
    /// This many, at least one.
    ///
    /// # Panics
    /// When their threads can't be started; see [`try_new`](Self::try_new).
    pub fn new(count: usize) -> Self {
        CompletionQueues::try_new(count).unwrap_or_else(|error| panic!("{error}"))
    }

    /// This many, at least one.
    ///
    /// # Errors
    /// When their threads, or those of C-core, can't be started.
    pub fn try_new(count: usize) -> io::Result<Self> {
        CompletionQueues::builder().count(count).try_build()
    }

    /// Queues with settings: one, unless they say otherwise.
    pub fn builder() -> CompletionQueuesBuilder {
        CompletionQueues::named("quartet-queue")
    }

    pub(crate) fn named(prefix: &'static str) -> CompletionQueuesBuilder {
        let (count, coalesce_writes, busy_poll) = (1, true, Duration::ZERO);
        CompletionQueuesBuilder { prefix, count, coalesce_writes, busy_poll }
    }

    /// Call it on a queue's thread with each message that a plain grpcio stream sends or receives
    /// there without a pause: it lets C-core look at the connections in between, which it otherwise
    /// does only when the queue has nothing left to do. The streams of this crate call it
    /// themselves.
    pub fn take_turn() {
        seam::take_turn();
    }

    /// The queues as grpcio has them, for plain grpcio servers and channels.
    pub fn environment(&self) -> &Arc<Environment> {
        &self.environment
    }

    /// Takes messages of up to so many bytes, or more if another one on the queues does.
    pub(crate) fn take_up_to(&self, bytes: usize) {
        self.too_long.fetch_max(bytes.saturating_add(1), Relaxed);
    }
}

/// The settings of [`CompletionQueues`].
#[derive(Clone, Debug)]
#[must_use]
pub struct CompletionQueuesBuilder {
    prefix: &'static str,
    count: usize,
    coalesce_writes: bool,
    busy_poll: Duration,
}

impl CompletionQueuesBuilder {
    /// How many; 1 by default and at least.
    pub fn count(mut self, count: usize) -> Self {
        self.count = count.max(1);
        self
    }

    /// Whether what servers and channels on these queues write together leaves together; on by
    /// default. See [`ServerBuilder::coalesce_writes`](crate::server::ServerBuilder::coalesce_writes).
    pub fn coalesce_writes(mut self, yes: bool) -> Self {
        self.coalesce_writes = yes;
        self
    }

    /// How long a queue's thread looks for events without a pause before it sleeps; 0, the default,
    /// is not at all. 50 microseconds are a good start.
    ///
    /// It does so while events usually come within some four times as long, so an idle process
    /// sleeps. Calls get faster, as no thread has to be woken, where each such thread has a core to
    /// itself (`taskset`, or a container's CPU set), and **slower** where it keeps a core from its
    /// peer, its handlers, or anything else. With an installed C-core it has no effect.
    pub fn busy_poll(mut self, time: Duration) -> Self {
        self.busy_poll = time;
        self
    }

    /// Starts their threads.
    ///
    /// # Panics
    /// When they can't be started; see [`try_build`](Self::try_build).
    pub fn build(self) -> CompletionQueues {
        self.try_build().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts their threads.
    ///
    /// # Errors
    /// When they, or those of C-core, can't be started.
    pub fn try_build(self) -> io::Result<CompletionQueues> {
        let Self { prefix, count, coalesce_writes, busy_poll } = self;
        resources::check(count)?;
        heap::keep_what_is_free();
        let too_long = Arc::new(AtomicUsize::new(0));
        let limit = too_long.clone();
        let builder = EnvBuilder::new().cq_count(count).name_prefix(prefix).after_start(move || {
            QUEUE_THREAD.set(true);
            seam::take_up_to(limit.clone());
            seam::busy_poll(busy_poll);
            if coalesce_writes && !seam::coalesce_writes() {
                log::debug!(
                    "writes are not coalesced: C-core {} is an installed library or does not poll \
                     with epoll, or QUARTET_KEEP is set",
                    seam::core_version()
                );
            }
        });
        // Panics at a thread that can't be started, should others have taken the last ones.
        let environment = catch_unwind(AssertUnwindSafe(|| builder.build()))
            .map_err(|_| io::Error::other("can't start the thread of a completion queue"))?;
        Ok(CompletionQueues { environment: Arc::new(environment), too_long })
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
