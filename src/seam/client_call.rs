use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Pairs;

/// What the seam learns of one call that this process makes.
pub struct ClientCall {
    /// Whether the call ends with exactly one message from the server.
    one_reply: bool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    headers: Pairs,
    trailers: Pairs,
    missing_reply: bool,
    unended_reply: bool,
}

impl ClientCall {
    pub(crate) fn new(one_reply: bool) -> Arc<Self> {
        Arc::new(ClientCall { one_reply, seen: Mutex::default() })
    }

    /// Runs `f`, which starts the call with grpcio.
    pub(crate) fn within<R>(self: &Arc<Self>, f: impl FnOnce() -> R) -> R {
        let before = STARTING.replace(Some(self.clone()));
        let result = f();
        STARTING.set(before);
        result
    }

    /// The headers; of a call with one reply only, once it is over.
    pub(crate) fn take_headers(&self) -> Pairs {
        std::mem::take(&mut self.seen().headers)
    }

    /// The trailers, once the call is over.
    pub(crate) fn take_trailers(&self) -> Pairs {
        std::mem::take(&mut self.seen().trailers)
    }

    /// Whether the server ended the call with OK and without the one message it owed.
    pub(crate) fn missing_reply(&self) -> bool {
        self.seen().missing_reply
    }

    /// Whether the call failed with the one message of the server there, and only its status
    /// missing. C-core holds a status back behind a message that nobody reads.
    pub(crate) fn unended_reply(&self) -> bool {
        self.seen().unended_reply
    }

    /// Notes the end of the call; true if the server still owed its one message.
    pub(super) fn set_status(
        &self,
        ok: bool,
        has_message: bool,
        headers: Pairs,
        trailers: Pairs,
    ) -> bool {
        let missing_reply = self.one_reply && ok && !has_message;
        let unended_reply = self.one_reply && !ok && has_message;
        *self.seen() = Seen { headers, trailers, missing_reply, unended_reply };
        missing_reply
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    static STARTING: RefCell<Option<Arc<ClientCall>>> = const { RefCell::new(None) };
}

/// The call that is being started on this thread; once.
pub(super) fn starting() -> Option<Arc<ClientCall>> {
    STARTING.take()
}
