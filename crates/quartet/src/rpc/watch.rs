//! What interceptors see of one call, from its start to its end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use quartet_seam::ServerCall;
use quartet_seam::panics::{caught, drop_quietly};

use super::extensions::Extensions;
use super::interceptor::{Call, End, Interceptors, Peer, Traffic};
use super::{Code, Metadata, Status};

/// Counts the messages of one call.
#[derive(Debug, Default)]
pub(super) struct Tally {
    sent: [AtomicU64; 2],
    received: [AtomicU64; 2],
}

impl Tally {
    pub(super) fn sent(&self, bytes: u64) {
        count(&self.sent, bytes);
    }

    pub(super) fn received(&self, bytes: u64) {
        count(&self.received, bytes);
    }
}

fn count([messages, total]: &[AtomicU64; 2], bytes: u64) {
    messages.fetch_add(1, Relaxed);
    total.fetch_add(bytes, Relaxed);
}

fn traffic([messages, total]: &[AtomicU64; 2]) -> Traffic {
    Traffic { messages: messages.load(Relaxed), bytes: total.load(Relaxed) }
}

/// The interceptors' view of one call that is running. Costs nothing where there are none.
/// Dropped before the call's [`end`](Self::end), it ends it as cancelled; dropped after it, it says
/// that the call is over.
pub struct Watch(Option<Box<Watched>>);

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

struct Watched {
    call: Call,
    tally: Arc<Tally>,
    /// Those that let the call pass.
    passed: Interceptors,
    /// Whether they have heard of the end.
    ended: bool,
}

impl Watch {
    /// Asks the interceptors of a server about a call that came; if it is refused, those that let
    /// it pass are still to hear that it is over.
    pub(super) fn served(
        interceptors: &Interceptors,
        method: &'static str,
        metadata: &mut Metadata,
        extensions: &mut Extensions,
        call: &Arc<ServerCall>,
    ) -> Result<Self, (Self, Status)> {
        let (deadline, peer) = (call.deadline(), || Peer::Caller(call.clone()));
        let watch = Watch::start(interceptors, method, metadata, extensions, deadline, peer)?;
        if !extensions.is_empty() {
            call.set_values(Box::new(extensions.clone()));
        }
        Ok(watch)
    }

    /// Asks the interceptors of a channel about a call that is to be made.
    pub(super) fn made(
        interceptors: &Interceptors,
        method: &'static str,
        metadata: &mut Metadata,
        extensions: &mut Extensions,
        deadline: Option<Instant>,
        target: &Arc<str>,
    ) -> Result<Self, Status> {
        let peer = || Peer::Target(target.clone());
        Watch::start(interceptors, method, metadata, extensions, deadline, peer)
            .map_err(|(_, refused)| refused)
    }

    fn start(
        interceptors: &Interceptors,
        method: &'static str,
        metadata: &mut Metadata,
        extensions: &mut Extensions,
        deadline: Option<Instant>,
        peer: impl FnOnce() -> Peer,
    ) -> Result<Self, (Self, Status)> {
        if interceptors.is_empty() {
            return Ok(Watch(None));
        }
        let call = Call {
            method,
            metadata: std::mem::take(metadata),
            deadline,
            started: Instant::now(),
            peer: peer(),
            extensions: std::mem::take(extensions),
        };
        let passed = Vec::with_capacity(interceptors.len());
        let watched = Watched { call, passed, tally: Arc::default(), ended: false };
        let mut watch = Watch(Some(Box::new(watched)));
        match watch.ask(interceptors, metadata, extensions) {
            Ok(()) => Ok(watch),
            Err(status) => {
                let refused = watch.end(status);
                Err((watch, refused))
            }
        }
    }

    /// Asks the interceptors in turn. For those that let the call pass it ends even if a later
    /// one panics.
    fn ask(
        &mut self,
        interceptors: &Interceptors,
        metadata: &mut Metadata,
        extensions: &mut Extensions,
    ) -> Result<(), Status> {
        let Some(Watched { call, passed, .. }) = self.0.as_deref_mut() else { return Ok(()) };
        for interceptor in interceptors {
            let method = call.method;
            caught(|| interceptor.before(call))
                .unwrap_or_else(|panic| Err(panicked(method, &panic)))?;
            passed.push(interceptor.clone());
        }
        metadata.clone_from(&call.metadata);
        extensions.clone_from(&call.extensions);
        Ok(())
    }

    /// Where the messages of the call are counted, if anybody wants to know.
    pub(super) fn tally(&self) -> Option<Arc<Tally>> {
        self.0.as_ref().map(|watched| watched.tally.clone())
    }

    /// Tells the interceptors how the call ended, once, and returns the status that is left.
    pub(super) fn end(&mut self, status: Status) -> Status {
        match &mut self.0 {
            Some(watched) => watched.end(status),
            None => status,
        }
    }

    /// The same for a call that ended with OK: an error, if that is what is left, or else the OK
    /// with the metadata that were added.
    pub(super) fn end_ok(&mut self) -> Result<Status, Status> {
        match self.end(Status::ok("")) {
            status if status.code() != Code::Ok => Err(status),
            status => Ok(status),
        }
    }
}

impl Watched {
    fn end(&mut self, status: Status) -> Status {
        if std::mem::replace(&mut self.ended, true) {
            return status;
        }
        let (sent, received) = (traffic(&self.tally.sent), traffic(&self.tally.received));
        let mut end = End { status, sent, received };
        for interceptor in self.passed.iter().rev() {
            if let Err(panic) = caught(|| interceptor.after(&self.call, &mut end)) {
                end.status = panicked(self.call.method, &panic);
            }
        }
        end.status
    }

    fn over(&self) {
        for interceptor in self.passed.iter().rev() {
            if let Err(panic) = caught(|| interceptor.over(&self.call)) {
                panicked(self.call.method, &panic);
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(mut watched) = self.0.take() {
            watched.end(Status::cancelled("the call was dropped"));
            watched.over();
            drop_quietly(watched, "a value that was left with a call");
        }
    }
}

/// The status of a call of which an interceptor has panicked; what it said is for the log.
fn panicked(method: &str, panic: &str) -> Status {
    log::error!("{method}: an interceptor panicked: {panic}");
    Status::internal("an interceptor panicked")
}
