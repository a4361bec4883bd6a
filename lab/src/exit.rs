//! How the program ends.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was run is as it should be.
    Ok = 0,
    /// A cell failed, or a known failing list is not true any more.
    Failed = 1,
    /// Wrong flags, or a file that can't be read as what it should be.
    Usage = 2,
    /// Something that was required is not on this machine.
    Environment = 3,
    /// A signal ended the run.
    Interrupted = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why the program can't go on.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    message: String,
}

impl Failure {
    /// A mistake of whoever typed the command or wrote a file that it reads.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// A file that can't be read, or not as what it should be.
    pub fn reading(path: &Path, what: impl fmt::Display) -> Self {
        Self::usage(format!("{}: {what}", path.display()))
    }

    /// A file that can't be written.
    pub fn writing(path: &Path, what: impl fmt::Display) -> Self {
        Self::environment(format!("{}: {what}", path.display()))
    }

    /// Something the machine lacks or refuses.
    pub fn environment(message: impl ToString) -> Self {
        Self { exit: Exit::Environment, message: message.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
