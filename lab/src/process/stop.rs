//! Reasons to stop early.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::Exit;
use crate::process::Children;

const GO: u8 = 0;
const FAILED: u8 = 1;
const INTERRUPTED: u8 = 2;

/// Whether the run goes on.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicU8>);

impl Stop {
    /// From now on a signal ends all children and the run, and a second one ends the lab at once.
    pub fn at_signals(&self, children: &Children) -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let (stop, children) = (self.clone(), children.clone());
        thread::spawn(move || {
            let mut signals = signals.forever();
            if signals.next().is_some() {
                stop.0.store(INTERRUPTED, Ordering::SeqCst);
                children.end();
            }
            if signals.next().is_some() {
                process::exit(Exit::Interrupted as i32);
            }
        });
        Ok(())
    }

    /// Stops the run: something failed.
    pub fn at_failure(&self) {
        let (from, to) = (GO, FAILED);
        // An interruption stays one.
        self.0.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).unwrap_or_default();
    }

    /// Why to stop, if so.
    pub fn reason(&self) -> Option<&'static str> {
        match self.0.load(Ordering::SeqCst) {
            GO => None,
            FAILED => Some("stopped at the first failure"),
            _ => Some("interrupted"),
        }
    }

    /// Whether a signal came.
    pub fn is_interrupted(&self) -> bool {
        self.0.load(Ordering::SeqCst) == INTERRUPTED
    }
}
