//! The functions by which grpcio takes over what C-core logs. Cores since 44.0.0 (gRPC 1.67) log
//! with abseil and no longer have them; as grpcio refers to them, here they are, and do nothing.
//! `build.rs` finds out whether they are needed: an older core has its own.

use grpcio_sys::{gpr_log_func, gpr_log_severity};

#[unsafe(no_mangle)]
extern "C" fn gpr_set_log_function(_: gpr_log_func) {}

#[unsafe(no_mangle)]
extern "C" fn gpr_set_log_verbosity(_: gpr_log_severity) {}
