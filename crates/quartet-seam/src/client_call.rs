use std::cell::{Cell, RefCell};
use std::fmt;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grpcio_sys::{self as sys, grpc_byte_buffer, grpc_call, grpc_op, grpcwrap_batch_context};

use super::during::during;
use super::encoding::Encoding;
use super::late_status::LateStatus;
use super::{Pairs, marks, second_reply};

/// What the seam learns of one call that this process makes.
pub struct ClientCall {
    owed: Owed,
    /// How its requests are compressed here.
    encoding: Encoding,
    seen: Mutex<Seen>,
}

impl fmt::Debug for ClientCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCall").field("owed", &self.owed).finish_non_exhaustive()
    }
}

/// How many messages the server owes to a call, and who sees to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owed {
    /// Any number.
    Any,
    /// One. A second is not looked for, and C-core holds the status back behind it.
    One,
    /// One, and a second is found out.
    ExactlyOne,
}

#[derive(Default)]
struct Seen {
    headers: Pairs,
    trailers: Pairs,
    missing_reply: bool,
    second_reply: bool,
    under_way: Option<UnderWay>,
    late: Option<Box<LateStatus>>,
}

/// A call with exactly one reply, from its start to its status.
struct UnderWay {
    /// Alive by a reference of our own: grpcio gives its one back without a word.
    call: *mut grpc_call,
    /// Where grpcio looks for the message once the batch with the status is complete.
    context: *mut grpcwrap_batch_context,
    /// The watch over the call, once it has its message.
    watch: Option<usize>,
}

// SAFETY: the pointers are used under the lock only, by functions that any thread may call.
unsafe impl Send for UnderWay {}

impl ClientCall {
    /// The state of a call that owes so many replies, and whose requests are compressed so.
    pub fn new(owed: Owed, encoding: Encoding) -> Arc<Self> {
        Arc::new(ClientCall { owed, encoding, seen: Mutex::default() })
    }

    /// Runs `f`, which starts the call with grpcio.
    pub fn within<R>(self: &Arc<Self>, f: impl FnOnce() -> R) -> R {
        struct Restore(Option<Arc<ClientCall>>);
        impl Drop for Restore {
            fn drop(&mut self) {
                STARTING.set(self.0.take());
            }
        }
        let _restore = Restore(STARTING.replace(Some(self.clone())));
        f()
    }

    /// Runs `f`, which reads the call's stream of replies with grpcio. All of them have to be read
    /// so.
    pub fn reading<R>(self: &Arc<Self>, f: impl FnOnce() -> R) -> R {
        during(&READING, self, f)
    }

    /// The headers; of a call with one reply only, once it is over.
    pub fn take_headers(&self) -> Pairs {
        std::mem::take(&mut self.seen().headers)
    }

    /// The trailers, once the call is over.
    pub fn take_trailers(&self) -> Pairs {
        std::mem::take(&mut self.seen().trailers)
    }

    /// Whether the server ended the call with OK and without the one message it owed.
    pub fn missing_reply(&self) -> bool {
        self.seen().missing_reply
    }

    /// Whether the server sent another message after the one it owed.
    pub fn second_reply(&self) -> bool {
        self.seen().second_reply
    }

    pub(super) fn set_second_reply(&self) {
        self.seen().second_reply = true;
    }

    pub(super) fn owed(&self) -> Owed {
        self.owed
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Called when a call with exactly one reply is about to be started.
    ///
    /// # Safety
    /// Both are alive; the queue of the call and the context are until [`Self::settle`].
    pub unsafe fn begin(&self, call: *mut grpc_call, context: *mut grpcwrap_batch_context) {
        // SAFETY: the call is alive; the reference is given back by `settle`.
        unsafe { sys::grpc_call_ref(call) };
        self.seen().under_way = Some(UnderWay { call, context, watch: None });
    }

    /// Called when the one message of the call has come, or (null) will not.
    ///
    /// # Safety
    /// `message` is the caller's alone.
    pub(super) unsafe fn arrived(self: &Arc<Self>, message: *mut grpc_byte_buffer) {
        if message.is_null() {
            return;
        }
        // SAFETY: the message is given away once. The batch with the status is not complete as
        // far as grpcio knows, so the context is alive, and so is the call.
        unsafe {
            if marks::is_bundle(message) {
                return self.arrived_twice(message);
            }
            match &mut self.seen().under_way {
                None => sys::grpc_byte_buffer_destroy(message),
                Some(under_way) => {
                    (*under_way.context).recv_message = message;
                    under_way.watch = Some(second_reply::watch(under_way.call, self));
                }
            }
        }
    }

    /// The one message came with another.
    ///
    /// # Safety
    /// As [`Self::arrived`].
    unsafe fn arrived_twice(&self, messages: *mut grpc_byte_buffer) {
        // SAFETY: by the contract above; the call is alive while it is under way, and then by a
        // reference of our own, as nothing is to be locked while C-core works.
        unsafe {
            sys::grpc_byte_buffer_destroy(messages);
            let call = {
                let mut seen = self.seen();
                seen.second_reply = true;
                seen.under_way.as_ref().map(|under_way| {
                    sys::grpc_call_ref(under_way.call);
                    under_way.call
                })
            };
            if let Some(call) = call {
                sys::grpc_call_cancel(call, ptr::null_mut());
                sys::grpc_call_unref(call);
            }
        }
    }

    /// Called when a stream of replies is about to be started.
    pub(super) fn set_late_status(&self, late: LateStatus) {
        self.seen().late = Some(Box::new(late));
    }

    /// Called when grpcio starts to read the headers of a stream.
    pub(super) fn take_sends(&self) -> Vec<grpc_op> {
        self.seen().late.as_mut().map(|late| late.take_sends()).unwrap_or_default()
    }

    /// Called when a read of a stream has brought no message, and so none will.
    pub(super) fn ask_status(&self) {
        if let Some(late) = &mut self.seen().late {
            late.ask();
        }
    }

    /// Called when the batch with the status is complete, or was not started after all; and by
    /// who waits for it no longer, as grpcio cancels a call by giving back its last reference.
    pub fn settle(&self) {
        let late = self.seen().late.take();
        drop(late);
        let Some(UnderWay { call, watch, .. }) = self.seen().under_way.take() else { return };
        // SAFETY: the call is alive by the reference that is given back here.
        unsafe {
            if let Some(watch) = watch {
                second_reply::forget(watch);
            }
            sys::grpc_call_unref(call);
        }
    }

    /// Notes the end of the call; true if the server has not sent the one message it owed, or
    /// more than one, so that OK is not what the call ends with.
    pub(super) fn set_status(
        &self,
        ok: bool,
        has_message: bool,
        headers: Pairs,
        trailers: Pairs,
    ) -> bool {
        self.settle();
        let missing_reply = self.owed != Owed::Any && ok && !has_message;
        let mut seen = self.seen();
        (seen.headers, seen.trailers, seen.missing_reply) = (headers, trailers, missing_reply);
        missing_reply || seen.second_reply
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    static STARTING: RefCell<Option<Arc<ClientCall>>> = const { RefCell::new(None) };
    /// The call whose batch this thread is about to start, and which is started otherwise. It is
    /// alive: `changing` borrows it.
    static CHANGING: Cell<*const Arc<ClientCall>> = const { Cell::new(ptr::null()) };
    static UNCANCELLED: Cell<bool> = const { Cell::new(false) };
    /// The call whose replies this thread reads. It is alive: `reading` borrows it.
    static READING: Cell<*const Arc<ClientCall>> = const { Cell::new(ptr::null()) };
}

/// Runs `f`, which has grpcio cancel calls that have ended, and doesn't cancel them.
pub fn uncancelled<R>(f: impl FnOnce() -> R) -> R {
    during(&UNCANCELLED, true, f)
}

pub(super) fn is_uncancelled() -> bool {
    UNCANCELLED.get()
}

/// The call that is being started on this thread; once.
pub(super) fn starting() -> Option<Arc<ClientCall>> {
    STARTING.take()
}

pub(super) fn set_starting(state: Arc<ClientCall>) {
    STARTING.set(Some(state));
}

/// Runs `f`, which starts a batch of this call that is to be started otherwise.
pub(super) fn changing<R>(state: &Arc<ClientCall>, f: impl FnOnce() -> R) -> R {
    during(&CHANGING, state, f)
}

/// The call whose batch is to be started otherwise, once.
pub(super) fn to_change<'a>() -> Option<&'a Arc<ClientCall>> {
    let state = CHANGING.replace(ptr::null());
    // SAFETY: what stands there is borrowed by `changing`, within which the batch is started
    // that this is for.
    unsafe { state.as_ref() }
}

/// The call whose replies are being read.
pub fn reading() -> Option<Arc<ClientCall>> {
    // SAFETY: what stands there is borrowed by `reading` for as long.
    unsafe { READING.get().as_ref() }.cloned()
}
