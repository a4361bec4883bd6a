//! Calls that have said all, and whose peer does not take it: they are ended when their time is up.
//!
//! C-core lets the rest of a reply for which the peer makes no room wait for ever. So the thread of
//! each queue keeps a list of its calls that wait so, and looks at it a few times a second. One that
//! goes on at once, as nearly all do, costs a place in the list: no clock is read, nothing is
//! locked, and no timer is set.

use std::cell::RefCell;
use std::ffi::CStr;
use std::ptr;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use grpcio_sys::{self as sys, gpr_clock_type, gpr_timespec, grpc_call, grpc_status_code};
use slab::Slab;

use super::{ServerCall, inside_core};

/// How often the list is looked at.
const ROUND: Duration = Duration::from_millis(250);

/// What a call gets whose deadline has passed: its status says so, and may be on its way.
const GRACE: Duration = Duration::from_secs(1);

/// The longest time that is counted.
const ENDLESS: Duration = Duration::from_secs(u32::MAX as u64);

/// A queue that is never idle is asked for the time with each so many events.
const EVENTS: u32 = 256;

thread_local! {
    static WAITING: RefCell<Waiting> = const { RefCell::new(Waiting::new()) };
}

/// A call whose end is on its way, until this is dropped.
#[derive(Debug)]
pub struct Leave {
    call: Arc<ServerCall>,
    key: usize,
}

impl Leave {
    /// To be called on the queue's thread.
    pub fn new(call: &Arc<ServerCall>) -> Self {
        let entry = Entry { call: Arc::downgrade(call), limit: None };
        let key = WAITING.with_borrow_mut(|waiting| waiting.calls.insert(entry));
        Leave { call: call.clone(), key }
    }
}

impl Drop for Leave {
    /// On another thread than its own it finds another call in its place, or none; and its own
    /// finds that the call is gone.
    fn drop(&mut self) {
        let _ = WAITING.try_with(|waiting| {
            let calls = &mut waiting.borrow_mut().calls;
            if let Some(Entry { call, .. }) = calls.get(self.key)
                && ptr::eq(call.as_ptr(), Arc::as_ptr(&self.call))
            {
                calls.remove(self.key);
            }
        });
    }
}

/// What one thread looks after.
struct Waiting {
    calls: Slab<Entry>,
    /// When it is to be looked at, once there was something to look at.
    due: Option<Due>,
    events: u32,
}

struct Entry {
    call: Weak<ServerCall>,
    /// Since it was first looked at.
    limit: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Due {
    here: Instant,
    core: gpr_timespec,
}

impl Due {
    fn soon() -> Self {
        // SAFETY: reads a clock.
        let mut core = unsafe { sys::gpr_now(gpr_clock_type::GPR_CLOCK_MONOTONIC) };
        let nanos = i64::from(core.tv_nsec) + i64::from(ROUND.subsec_nanos());
        core.tv_sec += nanos / 1_000_000_000;
        core.tv_nsec = (nanos % 1_000_000_000) as i32;
        Due { here: Instant::now() + ROUND, core }
    }
}

/// Until when C-core may be asked for the queue's next event, which grpcio waits for without end.
pub(super) fn until(forever: gpr_timespec) -> gpr_timespec {
    WAITING.with_borrow_mut(|waiting| {
        if waiting.calls.is_empty() && waiting.due.is_none() {
            return forever;
        }
        waiting.due.get_or_insert_with(Due::soon).core
    })
}

/// To be called after that; ends the calls whose time is up.
pub(super) fn look(timed_out: bool) {
    // Not while the list is borrowed: C-core may do other work of this thread as it ends a call.
    for found in WAITING.with_borrow_mut(|waiting| waiting.look(timed_out)) {
        found.end();
    }
}

/// What was found when the list was looked at, to be let go of after that.
enum Found {
    /// A call whose time is up before its reply has left.
    Reply { call: Arc<ServerCall>, late: bool },
    /// A call that may wait on.
    InTime(#[expect(dead_code, reason = "it may be the last to hold the call")] Arc<ServerCall>),
}

impl Found {
    fn end(self) {
        const LATE: grpc_status_code::Type = grpc_status_code::GRPC_STATUS_DEADLINE_EXCEEDED;
        match self {
            Found::Reply { call, late } => {
                log::debug!("a caller that reads nothing did not get its status");
                match late {
                    true => call.abort(LATE, c"the deadline passed before the reply was sent"),
                    false => call.abort(
                        grpc_status_code::GRPC_STATUS_CANCELLED,
                        c"the reply was not received in time",
                    ),
                }
            }
            Found::InTime(_) => {}
        }
    }
}

/// Has C-core end a call with this status, and drop what it holds of it.
///
/// # Safety
/// The call is alive.
pub unsafe fn end(call: *mut grpc_call, code: grpc_status_code::Type, text: &CStr) {
    // SAFETY: by the contract above; the text is copied.
    inside_core(|| unsafe {
        sys::grpc_call_cancel_with_status(call, code, text.as_ptr(), ptr::null_mut())
    });
}

impl Waiting {
    const fn new() -> Self {
        Waiting { calls: Slab::new(), due: None, events: 0 }
    }

    fn look(&mut self, timed_out: bool) -> Vec<Found> {
        let mut found = Vec::new();
        let Some(due) = self.due else { return found };
        self.events = self.events.wrapping_add(1);
        if !timed_out && !self.events.is_multiple_of(EVENTS) {
            return found;
        }
        let now = Instant::now();
        if now < due.here {
            return found;
        }
        self.due = None;
        self.calls.retain(|_, entry| entry.stays(now, &mut found));
        found
    }
}

impl Entry {
    /// Whether it is still to be looked after; the call is added.
    fn stays(&mut self, now: Instant, found: &mut Vec<Found>) -> bool {
        let Some(call) = self.call.upgrade() else { return false };
        let limit = *self.limit.get_or_insert_with(|| limit_of(&call, now));
        let is_over = call.end().is_some();
        if is_over || now < limit {
            found.push(Found::InTime(call));
            return !is_over;
        }
        let late = call.deadline().is_some_and(|deadline| deadline <= now);
        found.push(Found::Reply { call, late });
        false
    }
}

/// Until when the end of a call may be on its way.
fn limit_of(call: &ServerCall, now: Instant) -> Instant {
    if let Some(deadline) = call.deadline() {
        return deadline.max(now + GRACE);
    }
    now + call.patience().min(ENDLESS)
}
