use std::mem::MaybeUninit;
use std::time::Duration;

/// The time since some point in the past, as of the last tick of the kernel, a few milliseconds ago:
/// cheaper than `Instant::now`, for what is asked with every call and measures longer times.
pub fn ticks() -> Duration {
    let mut time = MaybeUninit::uninit();
    // SAFETY: the clock is one of Linux's, and a success fills the time in.
    let time = unsafe {
        match libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, time.as_mut_ptr()) {
            0 => time.assume_init(),
            _ => return Duration::ZERO,
        }
    };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}
