use std::thread;

use futures::channel::oneshot;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::failure::Failure;

/// Ready at the first SIGINT or SIGTERM. A second one ends the process at once.
pub fn interrupted() -> Result<oneshot::Receiver<()>, Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Failure::environment(format!("can't catch signals: {error}")))?;
    let (first, interrupted) = oneshot::channel();
    let waiting = move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            let _ = first.send(());
        }
        if let Some(signal) = signals.next() {
            std::process::exit(128 + signal);
        }
    };
    thread::Builder::new().spawn(waiting).map_err(|error| Failure::no_thread(&error))?;
    Ok(interrupted)
}
