//! The time that is left of a call, as its `grpc-timeout` says it.

use std::ffi::c_void;

use grpcio_sys::{self as sys, gpr_clock_type};

use super::real;

/// `Duration::Infinity()`.
const ENDLESS: i64 = i64::MAX;

/// Called when the header is written. C-core takes for now what its thread read when it began what
/// it is at, tens of milliseconds ago on a busy machine, and would promise the peer as much more.
#[unsafe(export_name = "__wrap__ZN9grpc_core7Timeout12FromDurationENS_8DurationE")]
unsafe extern "C" fn timeout_from_duration(millis: i64) -> u32 {
    // SAFETY: plain numbers in and out; a clock is read.
    unsafe {
        let left = match millis {
            ENDLESS => ENDLESS,
            _ => {
                let clock = sys::gpr_now(gpr_clock_type::GPR_CLOCK_MONOTONIC);
                let late = real::timestamp_round_up(clock) - real::now_and(0);
                millis.saturating_sub(late.max(0))
            }
        };
        real::timeout_from_duration(left)
    }
}

/// Called to see by how many percent a timeout is longer than one that was sent before, and that the
/// peer has in its header table. C-core sends that timeout again for one that is up to 3 % shorter.
#[unsafe(export_name = "__wrap__ZNK9grpc_core7Timeout11RatioVersusES0_")]
unsafe extern "C" fn timeout_ratio(timeout: *const c_void, sent: u32) -> f64 {
    const OTHER: f64 = -100.0;
    // SAFETY: as C-core called it.
    let ratio = unsafe { real::timeout_ratio(timeout, sent) };
    if ratio < 0.0 { OTHER } else { ratio }
}
