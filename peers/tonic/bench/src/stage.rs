//! Where the measured runs.

use std::convert::Infallible;
use std::io;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::settings::Tuning;

/// A runtime on a thread of its own. Dropped, it is gone, with all that ran on it.
pub struct Stage {
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Stage {
    pub fn start<F>(name: &str, tuning: Tuning, main: F) -> io::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = tuning.runtime()?;
        let (stop, stopped) = oneshot::channel();
        let run = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = main => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = thread::Builder::new().name(name.into()).spawn(run)?;
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
