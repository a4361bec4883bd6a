use std::fmt;
use std::sync::Arc;

use grpcio::CompressionAlgorithms;

use quartet_seam::{self as seam, Encoding, ServerCall};

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
    /// What C-core is to compress a channel's requests with.
    pub(crate) fn by_core(self) -> CompressionAlgorithms {
        match self {
            Compression::Gzip if !seam::COMPRESSES => CompressionAlgorithms::GRPC_COMPRESS_GZIP,
            Compression::Deflate if !seam::COMPRESSES => {
                CompressionAlgorithms::GRPC_COMPRESS_DEFLATE
            }
            _ => CompressionAlgorithms::GRPC_COMPRESS_NONE,
        }
    }

    pub(super) fn encoding(self) -> Encoding {
        match self {
            Compression::None => Encoding::Identity,
            Compression::Gzip => Encoding::Gzip,
            Compression::Deflate => Encoding::Deflate,
        }
    }

    /// Asks a core that compresses for this in one call, by a header that it takes out again.
    pub(super) fn request(self, headers: &mut Metadata) {
        if !seam::COMPRESSES {
            headers.push_internal("grpc-internal-encoding-request", self.encoding().name());
        }
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
