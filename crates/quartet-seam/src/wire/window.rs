//! A ceiling for windows that grow with the link.
//!
//! C-core lets the window of a stream grow to twice what arrives between two pings, up to 32 MiB.
//! Where the reader is slower than the sender, that is not what the link holds but what waits, in
//! memory, for each stream.

use std::ffi::c_void;

use super::real::pid_update;
use crate::WINDOW_CEILING;

/// The next window, as a power of two.
#[unsafe(export_name = "__wrap__ZN9grpc_core13PidController6UpdateEdd")]
unsafe extern "C" fn update(controller: *mut c_void, error: f64, seconds: f64) -> f64 {
    // SAFETY: as C-core called it, which has it for its windows only.
    let window = unsafe { pid_update(controller, error, seconds) };
    window.min(f64::from(WINDOW_CEILING).log2())
}
