use std::slice;

use grpcio_sys as sys;

/// Metadata as the seam carries it: keys and values, in order, repeats kept.
pub(crate) type Pairs = Vec<(String, Vec<u8>)>;

/// Adds `pairs` to an array of C-core's.
///
/// # Safety
/// `array` points to an initialised array that nobody else uses meanwhile.
pub(super) unsafe fn append(array: *mut sys::grpc_metadata_array, pairs: &Pairs) {
    for (key, value) in pairs {
        // SAFETY: the function copies both texts, whose lengths are given.
        unsafe {
            sys::grpcwrap_metadata_array_add(
                array,
                key.as_ptr().cast(),
                key.len(),
                value.as_ptr().cast(),
                value.len(),
            );
        }
    }
}

/// Copies what C-core has put into `array`.
///
/// # Safety
/// `array` is initialised, and its entries are alive: the batch it belongs to is
/// complete and its call has not been destroyed.
pub(super) unsafe fn copy(array: &sys::grpc_metadata_array) -> Pairs {
    let array: *const sys::grpc_metadata_array = array;
    // SAFETY: by the contract above; every index is below `count`.
    unsafe {
        (0..(*array).count)
            .map(|index| {
                let (mut key_len, mut value_len) = (0, 0);
                let key =
                    sys::grpcwrap_metadata_array_get_key(array.cast_mut(), index, &mut key_len);
                let value =
                    sys::grpcwrap_metadata_array_get_value(array.cast_mut(), index, &mut value_len);
                let key = slice::from_raw_parts(key.cast::<u8>(), key_len);
                let value = slice::from_raw_parts(value.cast::<u8>(), value_len);
                (String::from_utf8_lossy(key).into_owned(), value.to_vec())
            })
            .collect()
    }
}
