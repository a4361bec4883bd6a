use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::rpc::{Call, Interceptor, Status};

use super::exempt::Exempt;

/// Limits how many calls run at once, on a server or a channel; calls over the limit end with
/// `RESOURCE_EXHAUSTED` at once. A call counts until it ends, however it does: on a server until
/// its status is sent. Health checks are not counted.
///
/// Streams count for as long as they stay open.
#[derive(Debug)]
pub struct ConcurrencyLimit {
    most: usize,
    running: AtomicUsize,
    exempt: Exempt,
}

impl ConcurrencyLimit {
    /// Lets this many calls run at once.
    pub fn new(most: usize) -> Self {
        ConcurrencyLimit { most, running: AtomicUsize::new(0), exempt: Exempt::default() }
    }

    /// Does not count the calls of a service (`chat.ChatService`) or a method
    /// (`chat.ChatService/SayHello`).
    pub fn exempt(mut self, name: &str) -> Self {
        self.exempt.add(name);
        self
    }
}

impl Interceptor for ConcurrencyLimit {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        if self.exempt.covers(call.method()) {
            return Ok(());
        }
        let one_more = |running| (running < self.most).then_some(running + 1);
        match self.running.fetch_update(Relaxed, Relaxed, one_more) {
            Ok(_) => Ok(()),
            Err(_) => Err(Status::resource_exhausted(format!(
                "{} calls are running, the limit",
                self.most
            ))),
        }
    }

    fn over(&self, call: &Call) {
        if !self.exempt.covers(call.method()) {
            self.running.fetch_sub(1, Relaxed);
        }
    }
}
