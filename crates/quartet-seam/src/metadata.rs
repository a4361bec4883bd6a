use std::{fmt, slice};

use grpcio_sys as sys;

/// Metadata as the seam carries it: keys and values, in order, repeats kept. It is one buffer, as
/// every call has a few of them: of each pair the two lengths, the key, and the value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pairs(Vec<u8>);

const LENGTH: usize = size_of::<usize>();

impl Pairs {
    /// No pairs.
    pub const fn new() -> Self {
        Pairs(Vec::new())
    }

    /// Room for so many pairs of the usual size.
    pub fn with_capacity(pairs: usize) -> Self {
        Pairs(Vec::with_capacity(96 * pairs))
    }

    /// Adds a pair behind the others.
    pub fn push(&mut self, key: &str, value: &[u8]) {
        self.0.reserve(2 * LENGTH + key.len() + value.len());
        self.0.extend_from_slice(&key.len().to_ne_bytes());
        self.0.extend_from_slice(&value.len().to_ne_bytes());
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(value);
    }

    /// The pairs in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let (key_len, value_len) = (take_length(&mut rest)?, take_length(&mut rest)?);
            let key = rest.split_off(..key_len)?;
            let value = rest.split_off(..value_len)?;
            Some((str::from_utf8(key).unwrap_or_default(), value))
        })
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the pairs of another behind these.
    pub fn append(&mut self, other: &Pairs) {
        self.0.extend_from_slice(&other.0);
    }
}

fn take_length(rest: &mut &[u8]) -> Option<usize> {
    rest.split_off(..LENGTH)?.try_into().ok().map(usize::from_ne_bytes)
}

impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Adds `pairs` to an array of C-core's.
///
/// # Safety
/// `array` points to an initialised array that nobody else uses meanwhile.
pub unsafe fn append(array: *mut sys::grpc_metadata_array, pairs: &Pairs) {
    for (key, value) in pairs.iter() {
        // SAFETY: by the contract above.
        unsafe { add(array, key, value) };
    }
}

/// Adds a pair to an array of C-core's.
///
/// # Safety
/// As [`append`].
pub(super) unsafe fn add(array: *mut sys::grpc_metadata_array, key: &str, value: &[u8]) {
    // SAFETY: by the contract above; the function copies both texts, whose lengths are given.
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

/// Copies what C-core has put into `array`.
///
/// # Safety
/// `array` is initialised, and its entries are alive: the batch it belongs to is
/// complete and its call has not been destroyed.
pub(super) unsafe fn copy(array: &sys::grpc_metadata_array) -> Pairs {
    let array: *const sys::grpc_metadata_array = array;
    // SAFETY: by the contract above; every index is below `count`.
    unsafe {
        let mut pairs = Pairs::with_capacity((*array).count);
        for index in 0..(*array).count {
            let (mut key_len, mut value_len) = (0, 0);
            let key = sys::grpcwrap_metadata_array_get_key(array.cast_mut(), index, &mut key_len);
            let value =
                sys::grpcwrap_metadata_array_get_value(array.cast_mut(), index, &mut value_len);
            let key = slice::from_raw_parts(key.cast::<u8>(), key_len);
            let value = slice::from_raw_parts(value.cast::<u8>(), value_len);
            pairs.push(&String::from_utf8_lossy(key), value);
        }
        pairs
    }
}
