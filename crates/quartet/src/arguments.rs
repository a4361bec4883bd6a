//! Values as C-core's channel arguments take them: C's ints.

use std::time::Duration;

/// A time; what is too long is "never".
pub(crate) fn millis(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX)
}

/// A size; what is too much is the most that there is.
pub(crate) fn int(value: usize) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
