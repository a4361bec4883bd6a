use std::fmt;
use std::sync::Arc;

use grpcio::CompressionAlgorithms;

use quartet_seam::{Replied, ServerCall};

use super::Metadata;

/// How messages are compressed in transit (gRPC's compression.md). Receiving always works: a peer
/// may compress as it likes, and its messages count against the limits with their decompressed
/// size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// With gzip.
    Gzip,
    /// With zlib's deflate.
    Deflate,
}

impl Compression {
    pub(crate) fn algorithm(self) -> CompressionAlgorithms {
        match self {
            Compression::None => CompressionAlgorithms::GRPC_COMPRESS_NONE,
            Compression::Gzip => CompressionAlgorithms::GRPC_COMPRESS_GZIP,
            Compression::Deflate => CompressionAlgorithms::GRPC_COMPRESS_DEFLATE,
        }
    }

    /// For the reply to a call that is served here.
    pub(super) fn replied(self) -> Replied {
        match self {
            Compression::None => Replied::Plain,
            Compression::Gzip => Replied::WithGzip,
            Compression::Deflate => Replied::WithDeflate,
        }
    }

    /// Asks C-core for this compression in one call that is made here, by a header that it takes out again.
    pub(super) fn request(self, headers: &mut Metadata) {
        let name = match self {
            Compression::None => "identity",
            Compression::Gzip => "gzip",
            Compression::Deflate => "deflate",
        };
        headers.push_internal("grpc-internal-encoding-request", name);
    }
}

/// Turns compression off and on again for the messages of one reply.
#[derive(Clone)]
pub struct Compressor(pub(super) Arc<ServerCall>);

impl Compressor {
    /// Whether the messages that are sent from now on are compressed, if the call is; they are
    /// at first. A stream that yields its messages one by one may change it before each.
    pub fn set(&self, compress: bool) {
        self.0.set_compresses(compress);
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Compressor").field(&self.0.compresses()).finish()
    }
}
