use std::io;
use std::process;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals as Caught;
use signal_hook::low_level::signal_name;

/// SIGINT and SIGTERM, which are caught from its creation on.
pub struct Signals(Caught);

impl Signals {
    pub fn catch() -> io::Result<Self> {
        Caught::new([SIGINT, SIGTERM]).map(Signals)
    }

    /// Waits for the first, and gives its name.
    pub fn wait(&mut self) -> &'static str {
        let signal = self.0.forever().next();
        signal.and_then(signal_name).unwrap_or("signal")
    }

    /// Ends the process at the next one.
    pub fn end_at_next(self) {
        let Signals(mut caught) = self;
        thread::spawn(move || {
            if let Some(signal) = caught.forever().next() {
                process::exit(128 + signal);
            }
        });
    }
}
