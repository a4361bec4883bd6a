use std::fmt;

use crate::rpc::{Call, Interceptor, InvalidMetadata, Metadata, Side, Status};

/// Adds a token to every call of a channel, as `authorization: Bearer TOKEN` (RFC 6750). A call
/// that has an `authorization` already keeps its own. On a server it does nothing.
///
/// The token goes with every call to whatever server the channel reaches, and anyone on the way can
/// read it if the channel is not encrypted.
#[derive(Clone)]
pub struct BearerToken(Metadata);

const KEY: &str = "authorization";

impl BearerToken {
    /// A token.
    ///
    /// # Errors
    /// When it is empty, or has a character that is not allowed in metadata; the error does not
    /// show it.
    pub fn new(token: &str) -> Result<Self, InvalidMetadata> {
        let mut metadata = Metadata::new();
        metadata.add(KEY, format!("Bearer {token}"))?;
        Ok(BearerToken(metadata))
    }
}

impl Interceptor for BearerToken {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        if call.side() == Side::Client && call.metadata().get_bytes(KEY).is_none() {
            call.metadata_mut().extend(&self.0);
        }
        Ok(())
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(hidden)")
    }
}
