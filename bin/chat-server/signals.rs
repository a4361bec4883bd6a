use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals as Caught;
use signal_hook::low_level::signal_name;

/// SIGINT, SIGTERM and SIGHUP, which are caught from its creation on.
pub struct Signals {
    caught: Caught,
    /// Whether the next one, which no SIGHUP is, ends the process from within its handler: without
    /// a thread, which may not be had.
    last: Arc<AtomicBool>,
}

impl Signals {
    pub fn catch() -> io::Result<Self> {
        let last = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, last.clone())?;
        }
        Ok(Signals { caught: Caught::new([SIGINT, SIGTERM, SIGHUP])?, last })
    }

    /// Waits for the first that is to end the server, and gives its name; at each SIGHUP before it
    /// reloads.
    pub fn wait(&mut self, reload: impl Fn()) -> &'static str {
        let ending = self.caught.forever().find(|signal| {
            if *signal == SIGHUP {
                reload();
            }
            *signal != SIGHUP
        });
        ending.and_then(signal_name).unwrap_or("signal")
    }

    /// Ends the process at the next one.
    pub fn end_at_next(&self) {
        self.last.store(true, Relaxed);
    }
}
