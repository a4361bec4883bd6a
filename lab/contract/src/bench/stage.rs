//! Where a worker runs what is measured, if its stack has no threads of its own.

use std::convert::Infallible;
use std::io;
use std::thread::{self, JoinHandle};

use futures::channel::oneshot;
use futures::future::{FutureExt, select};

/// A thread that runs until this is dropped, which waits for it.
#[derive(Debug)]
pub struct Stage {
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

/// When a [`Stage`] ends.
#[derive(Debug)]
pub struct Stop(oneshot::Receiver<Infallible>);

impl Stop {
    /// Works, until the stage is dropped.
    pub async fn or(self, work: impl Future<Output = ()>) {
        select(Box::pin(work), self.0.map(drop)).await;
    }
}

impl Stage {
    /// Starts it. `run` has to end when the stage is dropped.
    ///
    /// # Errors
    /// When there can be no more threads.
    pub fn start(name: &str, run: impl FnOnce(Stop) + Send + 'static) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name(name.into()).spawn(|| run(Stop(stopped)))?;
        Ok(Stage { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            eprintln!("a measured thread panicked");
        }
    }
}
