use std::cell::Cell;
use std::thread::LocalKey;

/// Runs `f` with this value in a place of the thread's, and puts back what was there, even where
/// `f` panics.
pub(super) fn during<T: Copy + 'static, R>(
    place: &'static LocalKey<Cell<T>>,
    value: T,
    f: impl FnOnce() -> R,
) -> R {
    struct Restore<T: Copy + 'static>(&'static LocalKey<Cell<T>>, T);
    impl<T: Copy> Drop for Restore<T> {
        fn drop(&mut self) {
            self.0.set(self.1);
        }
    }
    let _restore = Restore(place, place.replace(value));
    f()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panics::caught;

    thread_local! {
        static PLACE: Cell<u8> = const { Cell::new(1) };
    }

    #[test]
    fn what_was_there_is_put_back_after_a_panic_too() {
        during(&PLACE, 2, || {
            assert_eq!(PLACE.get(), 2);
            let panicked = caught(|| during(&PLACE, 3, || panic!("{}", PLACE.get())));
            assert_eq!(panicked, Err::<(), _>("3".to_owned()));
            assert_eq!(PLACE.get(), 2);
        });
        assert_eq!(PLACE.get(), 1);
    }
}
