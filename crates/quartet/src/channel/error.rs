use std::{error, fmt, io};

use super::InvalidTarget;

/// Why a channel can't be created.
#[derive(Debug)]
#[non_exhaustive]
pub enum ChannelError {
    /// Its target is invalid.
    Target(InvalidTarget),
    /// The threads of its completion queue, or of C-core, can't be started.
    Threads(io::Error),
}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChannelError::Target(invalid) => invalid.fmt(f),
            ChannelError::Threads(error) => write!(f, "can't create the channel: {error}"),
        }
    }
}

impl error::Error for ChannelError {}

impl From<InvalidTarget> for ChannelError {
    fn from(invalid: InvalidTarget) -> Self {
        ChannelError::Target(invalid)
    }
}

impl From<io::Error> for ChannelError {
    fn from(error: io::Error) -> Self {
        ChannelError::Threads(error)
    }
}
