//! What the server did and saw, for people.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A log, if there is one.
pub struct Log {
    begun: Instant,
    file: Mutex<Option<File>>,
}

impl Log {
    /// A new file. Without it, everything goes on.
    pub fn new(path: &Path) -> Self {
        Self { begun: Instant::now(), file: Mutex::new(File::create(path).ok()) }
    }

    pub fn write(&self, line: &str) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = file.as_mut() {
            let seconds = self.begun.elapsed().as_secs_f64();
            writeln!(file, "{seconds:.3} {line}").unwrap_or_default();
        }
    }
}
