use std::cell::Cell;

use grpcio_sys::GRPC_WRITE_BUFFER_HINT;

use super::during::during;

thread_local! {
    static MORE_FOLLOWS: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`, which sends the last message of a direction, right before its end is sent: C-core
/// then lets them leave in one write, of one frame where it can.
pub fn before_the_end<R>(f: impl FnOnce() -> R) -> R {
    during(&MORE_FOLLOWS, true, f)
}

/// The flags of a message that is sent now.
pub(super) fn with_outlook(flags: u32) -> u32 {
    if MORE_FOLLOWS.get() { flags | GRPC_WRITE_BUFFER_HINT } else { flags }
}
