use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(feature = "_tls")]
use quartet_seam::NameKind;
use quartet_seam::{self as seam, ServerCall};

use super::extensions::Extensions;
use super::{Metadata, Status};

/// Sees every call of a server or a channel, of all four types: before it runs, and when it has
/// ended. Logs, metrics, limits and credentials are interceptors.
///
/// It runs on the thread of a completion queue, so it must not block. A panic in it ends the call
/// with `INTERNAL`, and the other interceptors still see the end.
///
/// ```
/// use quartet::channel::Channel;
/// use quartet::rpc::{Call, Interceptor, Status};
///
/// /// Refuses calls that may run for ever.
/// struct Hasty;
///
/// impl Interceptor for Hasty {
///     fn before(&self, call: &mut Call) -> Result<(), Status> {
///         match call.deadline() {
///             Some(_) => Ok(()),
///             None => Err(Status::invalid_argument("set a deadline")),
///         }
///     }
/// }
///
/// let channel = Channel::builder("localhost:50051").interceptor(Hasty).build();
/// ```
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

    /// Runs when the call ends, however it does: once for each `before` that let it pass, last
    /// interceptor first. It may replace the status: the caller gets the final one. Metadata that a
    /// server adds to the status, even to OK, goes into the trailers; headers that it adds are sent
    /// unless the headers have already left.
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

/// The side of a call that this process is on.
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
    pub(super) method: &'static str,
    pub(super) metadata: Metadata,
    pub(super) deadline: Option<Instant>,
    pub(super) started: Instant,
    pub(super) peer: Peer,
    pub(super) extensions: Extensions,
}

pub(super) enum Peer {
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
    /// The side that this process is on.
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

    #[cfg(feature = "_tls")]
    /// The same, with what kind of name each is.
    pub(crate) fn identity_kinds(&self) -> Vec<(NameKind, String)> {
        match &self.peer {
            Peer::Caller(call) => call.identity_kinds(),
            Peer::Target(_) => Vec::new(),
        }
    }

    /// The metadata received or sent with the call.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The metadata, to change in [`Interceptor::before`]; later changes have no effect.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// The caller's deadline, if there is one.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Attaches a value to the call: for the interceptors after this one, for
    /// [`Interceptor::after`] and, on a server, for the handler
    /// ([`Request::extension`](super::Request::extension)) and the calls that it makes
    /// ([`served_extension`](Self::served_extension)). It replaces an earlier one of its type.
    pub fn extend<T: Send + Sync + 'static>(&mut self, value: T) {
        self.extensions.add(value);
    }

    /// The value of this type that was attached to the call by an interceptor or, on a client, by
    /// [`Request::extend`](super::Request::extend).
    pub fn extension<T: 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }

    /// On a client: the value of this type that was attached to the call being served on this
    /// thread, if this call is made in its handler.
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
#[non_exhaustive]
pub struct End {
    /// The status, which may be OK.
    pub status: Status,
    /// What was sent from this side.
    pub sent: Traffic,
    /// What was received on this side.
    pub received: Traffic,
}

/// Messages in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many.
    pub messages: u64,
    /// The sum of their encoded sizes, without framing and before compression.
    pub bytes: u64,
}
