//! Finds a second reply to a call that owes one.
//!
//! C-core holds a status back until every message before it is read. grpcio reads one message
//! and the status in one batch, so a second message would hold such a call up until its
//! deadline. Here the message is read in a batch of its own (`split`), and a call that has its
//! message and after a while still no status is asked for one more: what comes then is the end
//! of the call, or the message that should not be there, and the call is cancelled.
//!
//! (One more read beside a batch that has not ended is no way: C-core 1.56 confuses the two.)

use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use grpcio_sys::{self as sys, grpc_call, grpc_call_error, grpc_op, grpc_op_type};
use slab::Slab;

use super::ClientCall;
use super::batch;
use super::real::__real_grpc_call_start_batch;

/// Starts a batch, but for its read of a message, and that read before it.
///
/// # Safety
/// As `grpc_call_start_batch` of C-core.
pub(super) unsafe fn start_split(
    state: &Arc<ClientCall>,
    call: *mut grpc_call,
    ops: &[grpc_op],
    tag: *mut c_void,
) -> grpc_call_error {
    let reads = |op: &grpc_op| op.op == grpc_op_type::GRPC_OP_RECV_MESSAGE;
    let mut rest = Vec::with_capacity(ops.len());
    // SAFETY: by the contract above; C-core reads the operations before it returns.
    unsafe {
        for op in ops {
            if !(reads(op) && batch::read_first(call, state)) {
                rest.push(*op);
            }
        }
        __real_grpc_call_start_batch(call, rest.as_ptr(), rest.len(), tag, ptr::null_mut())
    }
}

/// How often the calls that wait for their status are looked at.
const ROUND: Duration = Duration::from_millis(50);

/// The calls that have their message, and not their status.
static WAITING: Mutex<Waiting> = Mutex::new(Waiting { calls: Slab::new(), resting: true });

struct Waiting {
    calls: Slab<Call>,
    /// Whether the thread sleeps until there is a call.
    resting: bool,
}

struct Call {
    call: *mut grpc_call,
    state: Arc<ClientCall>,
    age: Age,
}

enum Age {
    New,
    Seen,
    /// C-core has begun to read one more message.
    Reads,
}

// SAFETY: the call is used under the lock only, by functions that any thread may call.
unsafe impl Send for Call {}

fn waiting() -> MutexGuard<'static, Waiting> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Watches a call that has its message, until [`forget`].
///
/// # Safety
/// The call and its completion queue are alive until the call is forgotten.
pub(super) unsafe fn watch(call: *mut grpc_call, state: &Arc<ClientCall>) -> usize {
    let mut waiting = waiting();
    let key = waiting.calls.insert(Call { call, state: state.clone(), age: Age::New });
    if std::mem::take(&mut waiting.resting) {
        thread().unpark();
    }
    key
}

/// Ends the watch over a call that has its status, or is given up.
///
/// # Safety
/// The call is alive.
pub(super) unsafe fn forget(key: usize) {
    let Call { call, age, .. } = waiting().calls.remove(key);
    if let Age::Reads = age {
        // SAFETY: the call is alive. Who gives up wants it cancelled, and the batch that reads
        // has a reference too, so that letting go is not enough; and of a call that is over,
        // C-core may leave the read open for ever.
        unsafe { sys::grpc_call_cancel(call, ptr::null_mut()) };
    }
}

fn thread() -> &'static Thread {
    static THREAD: OnceLock<Thread> = OnceLock::new();
    THREAD.get_or_init(|| {
        let started = thread::Builder::new().name("quartet-replies".into()).spawn(|| {
            loop {
                let resting = waiting().look();
                if resting { thread::park() } else { thread::sleep(ROUND) }
            }
        });
        started.map_or_else(|_| thread::current(), |handle| handle.thread().clone())
    })
}

impl Waiting {
    /// One round; true if there is nothing to look at.
    fn look(&mut self) -> bool {
        for (_, call) in &mut self.calls {
            match call.age {
                Age::New => call.age = Age::Seen,
                Age::Seen => {
                    // SAFETY: the call and its queue are alive until it is forgotten, which
                    // takes the lock.
                    unsafe { batch::read_further(call.call, &call.state) };
                    call.age = Age::Reads;
                }
                Age::Reads => {}
            }
        }
        self.resting = self.calls.is_empty();
        self.resting
    }
}
