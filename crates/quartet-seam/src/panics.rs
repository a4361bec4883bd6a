//! Panics of code that is not ours, which must not get to the thread of a completion queue: it
//! would end, and with it every call that it drives.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code that others wrote; what a panic in it said is the error.
pub fn caught<T>(theirs: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(theirs)).map_err(text)
}

fn text(panic: Box<dyn Any + Send>) -> String {
    let panic = match panic.downcast::<String>() {
        Ok(text) => return *text,
        Err(panic) => panic,
    };
    if let Some(text) = panic.downcast_ref::<&str>() {
        return (*text).to_owned();
    }
    // Whatever it is, it may panic as it is dropped.
    std::mem::forget(panic);
    "(no text)".to_owned()
}

/// Drops a value of theirs; a panic in that is only logged, as nobody waits for it.
pub fn drop_quietly<T>(theirs: T, what: &str) {
    if let Err(text) = caught(|| drop(theirs)) {
        log::error!("{what} panicked on drop: {text}");
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    #[test]
    fn a_panic_is_its_text() {
        assert_eq!(caught(|| 1), Ok(1));
        assert_eq!(caught(|| panic!("plain")), Err::<(), _>("plain".to_owned()));
        assert_eq!(caught(|| panic!("number {}", 7)), Err::<(), _>("number 7".to_owned()));
        assert_eq!(caught(|| drop(Bomb)), Err("dropped".to_owned()));
        assert_eq!(caught(|| panic_any(Bomb)), Err::<(), _>("(no text)".to_owned()));
        drop_quietly(Bomb, "a bomb");
    }
}
