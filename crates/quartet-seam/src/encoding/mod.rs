//! How the messages that are sent are compressed (gRPC's compression.md).
//!
//! On the bundled core this is done here (`here`), so that a channel can be without C-core's filter for
//! it ([`cuts`](super::cuts)), which takes a sixth of a unary call's instructions even where
//! nothing is compressed. An installed core does it itself (`by_core`).

#[cfg(not(core_is_bundled))]
mod by_core;
#[cfg(core_is_bundled)]
mod here;

#[cfg(not(core_is_bundled))]
use by_core as how;
#[cfg(core_is_bundled)]
use here as how;

pub use how::sending;
pub(super) use how::{add_headers, of_reply, prepare};

/// How the messages of a call are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    #[default]
    Identity = 0,
    /// With gzip.
    Gzip = 1,
    /// With deflate (zlib, RFC 1950).
    Deflate = 2,
}

impl Encoding {
    /// Its name in `grpc-encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Identity => "identity",
            Encoding::Gzip => "gzip",
            Encoding::Deflate => "deflate",
        }
    }
}

/// What both sides accept, as C-core says it.
#[cfg(core_is_bundled)]
pub(super) const ACCEPTED: &str = "identity, deflate, gzip";

/// Whether messages are compressed here, and not by C-core.
pub const COMPRESSES: bool = cfg!(core_is_bundled);
