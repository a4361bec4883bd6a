//! A message is taken out of its stream's DATA.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use grpcio_sys::{self as sys, grpc_slice_buffer};

use super::real::{
    __real_grpc_slice_buffer_move_first, __real_grpc_slice_buffer_move_first_into_buffer,
    copy_first,
};
use super::{DATA, odd, stream_of};
use crate::bundle::{PREFIX, gather};
use crate::marks::{Mark, SUBSTITUTE};

thread_local! {
    /// The storage of which a prefix was taken, whose message follows at once; and its flag.
    static TAKEN: Cell<(*mut grpc_slice_buffer, u8)> = const { Cell::new((ptr::null_mut(), 0)) };
}

/// Called by the transport only, to look at a prefix.
#[unsafe(export_name = "__wrap__Z40grpc_slice_buffer_copy_first_into_bufferP17grpc_slice_buffermPv")]
unsafe extern "C" fn look_at_prefix(
    storage: *mut grpc_slice_buffer,
    count: usize,
    into: *mut c_void,
) {
    // SAFETY: as C-core called it: there are `count` bytes, and room for them.
    unsafe {
        copy_first(storage, count, into);
        if count == PREFIX && *into.cast::<u8>() > 1 {
            sys::grpc_slice_buffer_reset_and_unref(storage);
            add_substitute(storage, Mark::UnknownFlag);
            copy_first(storage, count, into);
        }
    }
}

/// Called by the transport only, when a message is there.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_slice_buffer_move_first_into_buffer(
    storage: *mut grpc_slice_buffer,
    count: usize,
    into: *mut c_void,
) {
    // SAFETY: as C-core called it.
    unsafe {
        __real_grpc_slice_buffer_move_first_into_buffer(storage, count, into);
        TAKEN.set((storage, *into.cast::<u8>()));
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_grpc_slice_buffer_move_first(
    source: *mut grpc_slice_buffer,
    count: usize,
    into: *mut grpc_slice_buffer,
) {
    let (storage, flag) = TAKEN.get();
    // SAFETY: as C-core called it; what was taken a prefix of is a stream's storage.
    unsafe {
        if source != storage {
            return __real_grpc_slice_buffer_move_first(source, count, into);
        }
        TAKEN.set((ptr::null_mut(), 0));
        let mut count = count;
        if odd::is_unreadable(stream_of(source), flag == 1) {
            sys::grpc_slice_buffer_add(into, Mark::UnknownEncoding.note());
        } else if flag == 1 {
            sys::grpc_slice_buffer_add(into, Mark::Compressed.note());
        } else {
            count = gather(source, count, into);
        }
        __real_grpc_slice_buffer_move_first(source, count, into);
        if count == 0 {
            move_note(source, into);
        }
        if DATA.get() == (stream_of(source), true) && (*source).length == 0 {
            sys::grpc_slice_buffer_add(into, Mark::Last.note());
        }
    }
}

/// The note of an empty message: nothing was moved, and it would stay.
///
/// # Safety
/// Both are alive, and the caller's alone.
unsafe fn move_note(source: *mut grpc_slice_buffer, into: *mut grpc_slice_buffer) {
    // SAFETY: by the contract above; the first slice is read if there is one.
    unsafe {
        if (*source).count > 0 && Mark::of(&*(*source).slices) == Some(Mark::Last) {
            sys::grpc_slice_buffer_add(into, sys::grpc_slice_buffer_take_first(source));
        }
    }
}

/// Adds a message that stands for one that can't be had.
///
/// # Safety
/// `storage` is alive, and the caller's alone.
pub(super) unsafe fn add_substitute(storage: *mut grpc_slice_buffer, mark: Mark) {
    let prefix = [0, 0, 0, 0, SUBSTITUTE as u8];
    // SAFETY: by the contract above; the prefix is copied.
    unsafe {
        let prefix = sys::grpc_slice_from_copied_buffer(prefix.as_ptr().cast(), PREFIX);
        sys::grpc_slice_buffer_add(storage, prefix);
        sys::grpc_slice_buffer_add(storage, mark.substitute());
    }
}
