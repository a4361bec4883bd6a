use std::io;
use std::process;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals as Caught;
use signal_hook::low_level::signal_name;

/// SIGINT, SIGTERM and SIGHUP, which are caught from its creation on.
pub struct Signals(Caught);

impl Signals {
    pub fn catch() -> io::Result<Self> {
        Caught::new([SIGINT, SIGTERM, SIGHUP]).map(Signals)
    }

    /// Waits for the first that is to end the server, and gives its name; at each SIGHUP before it
    /// reloads.
    pub fn wait(&mut self, reload: impl Fn()) -> &'static str {
        let ending = self.0.forever().find(|signal| {
            if *signal == SIGHUP {
                reload();
            }
            *signal != SIGHUP
        });
        ending.and_then(signal_name).unwrap_or("signal")
    }

    /// Ends the process at the next one, which no SIGHUP is.
    pub fn end_at_next(self) {
        let Signals(mut caught) = self;
        thread::spawn(move || {
            if let Some(signal) = caught.forever().find(|signal| *signal != SIGHUP) {
                process::exit(128 + signal);
            }
        });
    }
}
