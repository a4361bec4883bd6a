use std::fmt;
use std::path::{Path, PathBuf};

use super::clock;

/// Why a PEM file can't be used: one line with the file, what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    file: PathBuf,
    why: String,
    fault: Fault,
}

/// Whether time may heal it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Broken,
    /// Certificate and key don't match: perhaps the other file is still to be written.
    Unfit,
    /// Not valid before this time, in Unix seconds.
    Early(i64),
}

impl Error {
    pub(super) fn new(file: &Path, why: impl Into<String>) -> Self {
        Error { file: file.to_owned(), why: why.into(), fault: Fault::Broken }
    }

    pub(super) fn because(self, fault: Fault) -> Self {
        Error { fault, ..self }
    }

    /// Whether it was too early, and no longer is.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.fault, Fault::Early(from) if from <= clock::now())
    }

    pub(super) fn fault(&self) -> Fault {
        self.fault
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", shown(&self.file), self.why)
    }
}

impl std::error::Error for Error {}

/// A path in one line, whatever is in it.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string().escape_debug().to_string()
}
