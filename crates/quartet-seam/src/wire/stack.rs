//! Channel stacks are built, some without filters that they can do without.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use super::real;
use crate::cuts::{ARGUMENT, Cut};
use crate::panics::caught;

thread_local! {
    /// The builder that this thread has made last, and the cuts of its stack. A stack is
    /// built by one thread.
    static BUILDER: Cell<(*const c_void, i32)> = const { Cell::new((ptr::null(), 0)) };
}

/// The constructor of `ChannelStackBuilder`.
#[unsafe(export_name = "__wrap__ZN9grpc_core19ChannelStackBuilderC2EPKc23grpc_channel_stack_typeRKNS_11ChannelArgsE")]
unsafe extern "C" fn new_builder(
    builder: *mut c_void,
    name: *const c_char,
    kind: c_int,
    arguments: *const c_void,
) {
    // SAFETY: as C-core called it: the arguments are alive.
    unsafe {
        real::new_stack_builder(builder, name, kind, arguments);
        let argument = ARGUMENT.to_bytes();
        let number = real::argument(arguments, argument.len(), argument.as_ptr());
        BUILDER.set((builder, number.get().unwrap_or(0)));
    }
}

/// As C-core's structs are, with the name behind twelve words.
#[repr(C)]
struct CoreFilter {
    functions_and_sizes: [*const c_void; 12],
    name: *const c_char,
}

/// Whether the filter is to be left out of the stack of this builder.
///
/// # Safety
/// `filter` is one of C-core's.
unsafe fn is_left_out(builder: *const c_void, filter: *const c_void) -> bool {
    let (of, cuts) = BUILDER.get();
    if of != builder || cuts == 0 {
        return false;
    }
    // SAFETY: by the contract above.
    let name = unsafe { CStr::from_ptr((*filter.cast::<CoreFilter>()).name) };
    let cut = Cut::of_filter(name).filter(|cut| cuts & *cut as i32 != 0);
    if let Some(cut) = cut {
        log_once(cut, name);
    }
    cut.is_some()
}

fn log_once(cut: Cut, name: &CStr) {
    static LOGGED: AtomicI32 = AtomicI32::new(0);
    if LOGGED.fetch_or(cut as i32, Relaxed) & cut as i32 == 0 {
        let log = || log::debug!("C-core's filter {} is left out", name.to_string_lossy());
        // C-core can't unwind.
        let _ = caught(log);
    }
}

/// `ChannelStackBuilder::PrependFilter`.
#[unsafe(export_name = "__wrap__ZN9grpc_core19ChannelStackBuilder13PrependFilterEPK19grpc_channel_filter")]
unsafe extern "C" fn prepend_filter(builder: *mut c_void, filter: *const c_void) {
    // SAFETY: as C-core called it.
    unsafe {
        if !is_left_out(builder, filter) {
            real::prepend_filter(builder, filter);
        }
    }
}

/// `ChannelStackBuilder::AppendFilter`.
#[unsafe(export_name = "__wrap__ZN9grpc_core19ChannelStackBuilder12AppendFilterEPK19grpc_channel_filter")]
unsafe extern "C" fn append_filter(builder: *mut c_void, filter: *const c_void) {
    // SAFETY: as C-core called it.
    unsafe {
        if !is_left_out(builder, filter) {
            real::append_filter(builder, filter);
        }
    }
}
