use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::panics::{caught, drop_quietly};
use crate::seam::{self, NameKind, ServerCall};

use super::extensions::Extensions;
use super::{Metadata, Status};

/// Sees every call of a server, or of a channel, in all four styles: before it runs, and
/// when it has ended. Logs, metrics, limits and credentials are interceptors.
///
/// It runs on the thread of a completion queue, so it must not block. A panic in it ends the call
/// with `INTERNAL`, and the other interceptors hear of the end all the same.
pub trait Interceptor: Send + Sync + 'static {
    /// Before the handler gets the request, or before a client starts the call. The metadata
    /// may be changed: the handler sees, or the client sends, what is left in it. Values for
    /// others may be left with [`Call::extend`].
    ///
    /// # Errors
    /// A status refuses the call: it ends with it, and neither the handler nor the
    /// interceptors behind this one see it.
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        let _ = call;
        Ok(())
    }

    /// When the call ends, however it does; once for each `before` that let it pass, last
    /// interceptor first. The status may be replaced: the caller gets the one that is left.
    /// What a server adds to its metadata, of an OK one too, leaves with the trailers; what it adds
    /// to its headers leaves with these, if they have not left before.
    fn after(&self, call: &Call, end: &mut End) {
        let _ = (call, end);
    }

    /// When nothing of the call is left to do, once after each [`after`](Self::after). On a server
    /// that is later: its status has left, or never will, as the caller takes nothing and its time
    /// is up. Limits on what runs count a call until then.
    fn over(&self, call: &Call) {
        let _ = call;
    }
}

/// The interceptors of a server or a channel, in their order.
pub(crate) type Interceptors = Vec<Arc<dyn Interceptor>>;

/// On which side of a call we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The call is served here.
    Server,
    /// The call is made here.
    Client,
}

/// A call, as an interceptor sees it.
#[derive(Debug)]
pub struct Call {
    method: &'static str,
    metadata: Metadata,
    deadline: Option<Instant>,
    started: Instant,
    peer: Peer,
    extensions: Extensions,
}

enum Peer {
    Caller(Arc<ServerCall>),
    Target(Arc<str>),
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Caller(call) => f.write_str(&call.peer()),
            Peer::Target(target) => f.write_str(target),
        }
    }
}

impl Call {
    /// On which side we are.
    pub fn side(&self) -> Side {
        match self.peer {
            Peer::Caller(_) => Side::Server,
            Peer::Target(_) => Side::Client,
        }
    }

    /// The full method, such as `/chat.ChatService/SayHello`.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// On a server the caller's address, as in [`Request::peer`](super::Request::peer); on a
    /// client the channel's target.
    pub fn peer(&self) -> String {
        match &self.peer {
            Peer::Caller(call) => call.peer(),
            Peer::Target(target) => target.to_string(),
        }
    }

    /// On a client: the channel's target, as it was given.
    pub fn target(&self) -> Option<&str> {
        match &self.peer {
            Peer::Caller(_) => None,
            Peer::Target(target) => Some(target),
        }
    }

    /// On a server: the names that the caller's certificate proves, as in
    /// [`Request::identity`](super::Request::identity).
    pub fn identity(&self) -> Vec<String> {
        match &self.peer {
            Peer::Caller(call) => call.identity(),
            Peer::Target(_) => Vec::new(),
        }
    }

    /// The same, with what kind of name each is.
    pub(crate) fn identity_kinds(&self) -> Vec<(NameKind, String)> {
        match &self.peer {
            Peer::Caller(call) => call.identity_kinds(),
            Peer::Target(_) => Vec::new(),
        }
    }

    /// The metadata that came, or goes, with the call.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The metadata, to be changed in [`Interceptor::before`]; later it is too late.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// When the caller stops waiting, if there is a deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Leaves a value with the call: for the interceptors behind this one, for
    /// [`Interceptor::after`] and, on a server, for the handler
    /// ([`Request::extension`](super::Request::extension)) and the calls that it makes
    /// ([`served_extension`](Self::served_extension)). It hides an earlier one of its type.
    pub fn extend<T: Send + Sync + 'static>(&mut self, value: T) {
        self.extensions.add(value);
    }

    /// The value of this type that was left with the call, by an interceptor or, on a client, by
    /// [`Request::extend`](super::Request::extend).
    pub fn extension<T: 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }

    /// On a client: the value of this type that was left with the call that is being served on
    /// this thread, if this one is made in its handler.
    pub fn served_extension<T: Clone + 'static>(&self) -> Option<T> {
        let served = match self.peer {
            Peer::Target(_) => seam::current()?,
            Peer::Caller(_) => return None,
        };
        served.values()?.downcast_ref::<Extensions>()?.get().cloned()
    }

    /// How long the call has been running.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// How a call ended.
#[derive(Debug)]
pub struct End {
    /// The status; OK is one too.
    pub status: Status,
    /// What was sent from this side.
    pub sent: Traffic,
    /// What was received on this side.
    pub received: Traffic,
}

/// Messages that went one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many.
    pub messages: u64,
    /// Their encoded sizes, added up: without framing, and before compression.
    pub bytes: u64,
}

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
            status if status.code() != super::Code::Ok => Err(status),
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
