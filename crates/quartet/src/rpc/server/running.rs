use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use futures::future::poll_fn;
use futures::task::AtomicWaker;

/// How many calls a server is at work on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running(Arc<State>);

#[derive(Debug, Default)]
struct State {
    count: AtomicUsize,
    /// Wakes whoever waits for the last one.
    waker: AtomicWaker,
}

/// One of them, until it is dropped.
pub(super) struct OneRunning(Running);

impl Running {
    pub(crate) fn count(&self) -> usize {
        self.0.count.load(SeqCst)
    }

    pub(super) fn one(&self) -> OneRunning {
        self.0.count.fetch_add(1, SeqCst);
        OneRunning(self.clone())
    }

    /// Waits until there is none; for one waiter at a time.
    pub(crate) async fn none(&self) {
        poll_fn(|cx| self.poll_none(cx)).await;
    }

    fn poll_none(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.waker.register(cx.waker());
        match self.count() {
            0 => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }
}

impl Drop for OneRunning {
    fn drop(&mut self) {
        let state = &self.0.0;
        if state.count.fetch_sub(1, SeqCst) == 1 {
            state.waker.wake();
        }
    }
}
