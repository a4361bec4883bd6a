//! A call that a server cancels.

use super::real::{self, Status};

/// `absl::CancelledError()`, which has no words.
const CANCELLED: usize = 1 << 2;

/// Asked by the transport when a server cancels a call: what has a clear status is ended with it,
/// by HEADERS, even if the stream has been reset already. A cancel without a word has none: it is a
/// reset, and nothing where the stream is over.
#[unsafe(export_name = "__wrap__Z32grpc_error_has_clear_grpc_statusN4absl12lts_202301256StatusE")]
unsafe extern "C" fn has_clear_status(error: *mut Status) -> bool {
    // SAFETY: as C-core called it.
    unsafe { (*error).addr() != CANCELLED && real::has_clear_status(error) }
}
