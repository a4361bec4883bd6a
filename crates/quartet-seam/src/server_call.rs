use std::any::Any;
use std::ffi::CStr;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;
use grpcio_sys as sys;

use crate::panics::drop_quietly;

use super::close::Close;
use super::encoding::{self, Encoding};
use super::events;
use super::{Pairs, waiting};

/// How a server call came to its end, as C-core reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its status was sent.
    Finished,
    /// The caller cancelled it or is gone, or the server cancelled it.
    Cancelled,
}

/// What the seam knows of one call that this process serves.
pub struct ServerCall {
    /// Kept alive by a reference of our own.
    pub(super) call: *mut sys::grpc_call,
    /// Where its batches come to their end; only to be compared.
    pub(super) queue: *mut sys::grpc_completion_queue,
    deadline: Option<Instant>,
    end: AtomicU8,
    waker: AtomicWaker,
    half_closed: AtomicBool,
    answered: AtomicBool,
    headers_sent: AtomicBool,
    uncompressed: AtomicBool,
    pub(super) trusted: AtomicBool,
    /// The reply's, as it was asked for; an [`Encoding`].
    encoding: AtomicU8,
    close: Mutex<Option<Close>>,
    outgoing: Mutex<Outgoing>,
    values: OnceLock<Box<dyn Any + Send + Sync>>,
    /// In milliseconds.
    patience: AtomicU64,
}

impl fmt::Debug for ServerCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCall").field("end", &self.end()).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Outgoing {
    headers: Pairs,
    trailers: Pairs,
}

// SAFETY: the call is used for `grpc_call_unref`, `grpc_call_get_peer`,
// `grpc_call_cancel_with_status` and `grpc_call_failed_before_recv_message` only, which may
// be called from any thread; the other fields are Send and Sync.
unsafe impl Send for ServerCall {}
// SAFETY: as above.
unsafe impl Sync for ServerCall {}

const RUNNING: u8 = 0;
const FINISHED: u8 = 1;
const CANCELLED: u8 = 2;

impl ServerCall {
    /// A call that the loop of this thread's queue has just accepted.
    ///
    /// # Safety
    /// `call` is alive.
    pub unsafe fn new(call: *mut sys::grpc_call, deadline: Option<Instant>) -> Arc<Self> {
        // SAFETY: the call is alive; the reference is given back by `drop`.
        unsafe { sys::grpc_call_ref(call) };
        Arc::new(ServerCall {
            call,
            queue: events::queue(),
            deadline,
            end: AtomicU8::new(RUNNING),
            waker: AtomicWaker::new(),
            half_closed: AtomicBool::new(false),
            answered: AtomicBool::new(false),
            headers_sent: AtomicBool::new(false),
            uncompressed: AtomicBool::new(false),
            trusted: AtomicBool::new(false),
            encoding: AtomicU8::new(0),
            close: Mutex::default(),
            outgoing: Mutex::default(),
            values: OnceLock::new(),
            patience: AtomicU64::new(0),
        })
    }

    /// When the caller stops waiting, if it said so.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The caller's address, such as `ipv4:127.0.0.1:40312` or `unix:`.
    pub fn peer(&self) -> String {
        // SAFETY: the call is alive; the text is a copy, to be freed by the caller.
        unsafe {
            let text = sys::grpc_call_get_peer(self.call);
            let peer = CStr::from_ptr(text).to_string_lossy().into_owned();
            sys::gpr_free(text.cast());
            peer
        }
    }

    /// Whether the caller has half-closed, and every message it sent was read.
    pub fn half_closed(&self) -> bool {
        self.half_closed.load(Ordering::Acquire)
    }

    /// Notes that the message that is being read came with the caller's half-close.
    pub(super) fn read_last(&self) {
        self.half_closed.store(true, Ordering::Release);
    }

    /// Notes that the status was sent, or can't be: from now on there is nothing to cancel.
    pub fn set_answered(&self) {
        self.answered.store(true, Ordering::Release);
    }

    /// Whether a cancel has nothing left to end.
    pub(super) fn is_past_cancelling(&self) -> bool {
        self.answered.load(Ordering::Acquire) || self.end().is_some()
    }

    /// Ready when the call is over, for whatever reason.
    pub fn poll_end(&self, cx: &mut Context<'_>) -> Poll<End> {
        if let Some(end) = self.end() {
            return Poll::Ready(end);
        }
        self.waker.register(cx.waker());
        match self.end() {
            None => Poll::Pending,
            Some(end) => {
                // A waker that stayed here would keep the task, and so this call, alive.
                self.waker.take();
                Poll::Ready(end)
            }
        }
    }

    /// Has nobody woken by the end, until it is polled for once more.
    pub fn forget_waker(&self) {
        self.waker.take();
    }

    /// How the call ended, once it did.
    pub fn end(&self) -> Option<End> {
        match self.end.load(Ordering::Acquire) {
            RUNNING => None,
            FINISHED => Some(End::Finished),
            _ => Some(End::Cancelled),
        }
    }

    /// Has C-core end the call with this status, and drop what waits to be sent. It says so several
    /// times on the wire; so this is for calls that can't be ended through their sink.
    pub fn abort(&self, code: sys::grpc_status_code::Type, text: &CStr) {
        // SAFETY: the call is alive.
        unsafe { waiting::end(self.call, code, text) };
    }

    /// How long the end of the call may be on its way, if there is no deadline.
    pub fn set_patience(&self, patience: Duration) {
        let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        self.patience.store(millis, Ordering::Relaxed);
    }

    pub(super) fn patience(&self) -> Duration {
        Duration::from_millis(self.patience.load(Ordering::Relaxed))
    }

    /// Whether the reply's messages are not compressed.
    pub fn is_plain(&self) -> bool {
        self.wanted_encoding() == Encoding::Identity
    }

    /// Has the reply compressed with the algorithm that the caller accepts, and with this one if it
    /// accepts both; before its headers are sent.
    pub fn set_encoding(&self, encoding: Encoding) {
        self.encoding.store(encoding as u8, Ordering::Release);
    }

    pub(super) fn wanted_encoding(&self) -> Encoding {
        match self.encoding.load(Ordering::Acquire) {
            1 => Encoding::Gzip,
            2 => Encoding::Deflate,
            _ => Encoding::Identity,
        }
    }

    /// How the messages of the reply are compressed here.
    pub(super) fn encoding(&self) -> Encoding {
        match self.wanted_encoding() {
            Encoding::Identity => Encoding::Identity,
            // SAFETY: the call is alive.
            wanted => unsafe { encoding::of_reply(wanted, self.call) },
        }
    }

    /// Whether messages that are sent from now on are compressed, if the call is.
    pub fn set_compresses(&self, yes: bool) {
        self.uncompressed.store(!yes, Ordering::Release);
    }

    /// Whether the next message is compressed.
    pub fn compresses(&self) -> bool {
        !self.uncompressed.load(Ordering::Acquire)
    }

    /// Keeps what others want to know of the call while it is served; once.
    pub fn set_values(&self, values: Box<dyn Any + Send + Sync>) {
        let _ = self.values.set(values);
    }

    /// What was kept with [`set_values`](Self::set_values).
    pub fn values(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.values.get().map(Box::as_ref)
    }

    /// The headers that leave with the first message, or with the status; and the trailers that
    /// leave with the status.
    pub fn set_outgoing(&self, headers: Pairs, trailers: Pairs) {
        *self.outgoing() = Outgoing { headers, trailers };
    }

    /// Sends the headers, unless a message takes them along that is on its way through the queue
    /// already, as the first request often comes together with the call. Only from within the
    /// call's own task, while its server is alive: the queue has to take the batch.
    pub fn send_headers_soon(self: &Arc<Self>) {
        if !self.headers_sent.load(Ordering::Acquire) && self.end().is_none() {
            // SAFETY: the call is alive, and it is not over.
            unsafe { super::batch::send_headers_soon(self.call, self) };
        }
    }

    /// Sends the headers now, unless they have left already. Only [`within`](Self::within) the
    /// call, on the queue's thread, while the call's task is there.
    pub(super) fn send_headers(&self) {
        if self.claim_headers() && self.end().is_none() {
            // SAFETY: the call is alive, it is not over, and its headers are not sent.
            unsafe { super::batch::send_headers(self) };
        }
    }

    /// Whether the headers are still to be sent; true once, for the one who sends them.
    pub(super) fn claim_headers(&self) -> bool {
        !self.headers_sent.swap(true, Ordering::AcqRel)
    }

    /// Other trailers.
    pub fn set_trailers(&self, trailers: Pairs) {
        self.outgoing().trailers = trailers;
    }

    /// Adds to both.
    pub fn add_outgoing(&self, headers: Pairs, trailers: Pairs) {
        if !(headers.is_empty() && trailers.is_empty()) {
            let mut outgoing = self.outgoing();
            outgoing.headers.append(&headers);
            outgoing.trailers.append(&trailers);
        }
    }

    pub(super) fn set_end(&self, cancelled: bool) {
        let end = if cancelled { CANCELLED } else { FINISHED };
        self.end.store(end, Ordering::Release);
        self.waker.wake();
    }

    /// Notes why a read brought no message: a half-close, unless the read failed.
    pub(super) fn read_nothing(&self) {
        // SAFETY: the call is alive.
        let failed = unsafe { sys::grpc_call_failed_before_recv_message(self.call) };
        if failed == 0 {
            self.read_last();
        }
    }

    /// Adds the headers and trailers to arrays that grpcio is about to send; null where
    /// it sends none.
    ///
    /// # Safety
    /// Each pointer is null or points to an initialised array that is the caller's alone.
    pub(super) unsafe fn fill_outgoing(
        &self,
        headers: *mut sys::grpc_metadata_array,
        trailers: *mut sys::grpc_metadata_array,
    ) {
        let outgoing = self.outgoing();
        for (array, pairs) in [(headers, &outgoing.headers), (trailers, &outgoing.trailers)] {
            if !array.is_null() {
                // SAFETY: by the contract above.
                unsafe { super::metadata::append(array, pairs) };
            }
        }
    }

    /// The batch that waits for the end, while it is held back.
    pub(super) fn close(&self) -> MutexGuard<'_, Option<Close>> {
        self.close.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to headers that grpcio is about to send how messages are compressed, and may be.
    ///
    /// # Safety
    /// The array is initialised, and the caller's alone.
    pub(super) unsafe fn fill_encoding(&self, headers: *mut sys::grpc_metadata_array) {
        // SAFETY: by the contract above.
        unsafe { encoding::add_headers(headers, self.encoding()) };
    }

    fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ServerCall {
    fn drop(&mut self) {
        drop_quietly(self.values.take(), "a value that was left with a call");
        // SAFETY: gives back the reference that `new` took.
        unsafe { sys::grpc_call_unref(self.call) };
    }
}
