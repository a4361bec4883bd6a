use crate::rpc::{Call, End, Interceptor, Side};

/// Returns the `x-request-id` of a call in its trailers, however it ends, so that what a caller
/// saw, a proxy logged and a server did can be correlated.
#[derive(Clone, Copy, Debug, Default)]
pub struct EchoRequestId;

const KEY: &str = "x-request-id";

impl Interceptor for EchoRequestId {
    fn after(&self, call: &Call, end: &mut End) {
        if call.side() == Side::Server
            && let Some(id) = call.metadata().get_bytes(KEY)
        {
            // It came over the wire, so it can go back.
            let _ = end.status.metadata_mut().add(KEY, id);
        }
    }
}
