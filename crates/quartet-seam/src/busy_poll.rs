//! Looks for events for a while before a thread sleeps: one that the kernel has to wake sees them
//! some ten microseconds later.

use std::cell::Cell;
use std::ffi::c_int;
use std::hint;
use std::time::{Duration, Instant};

/// How a thread looks out.
#[derive(Clone, Copy)]
struct Lookout {
    /// For this long, at most.
    window: Duration,
    /// How long it usually takes until there is an event; smoothed.
    usual: Duration,
}

/// Events that usually take longer than this many windows are slept for.
const WORTH: u32 = 4;
/// A wait that is longer than this many windows counts as that, so that it is soon forgotten.
const LONGEST: u32 = 2 * WORTH;
/// How much weight the last wait has: one in so many.
const WEIGHT: u32 = 8;

impl Lookout {
    fn is_worth_it(&self) -> bool {
        self.usual <= self.window * WORTH
    }

    fn waited(&mut self, time: Duration) {
        let time = time.min(self.window * LONGEST);
        self.usual = self.usual - self.usual / WEIGHT + time / WEIGHT;
    }
}

thread_local! {
    static LOOKOUT: Cell<Option<Lookout>> = const { Cell::new(None) };
}

/// Makes this thread, of a completion queue, look for events for this long before it sleeps, while
/// they usually come about that soon.
pub fn busy_poll(window: Duration) {
    LOOKOUT.set((!window.is_zero()).then_some(Lookout { window, usual: window * LONGEST }));
}

/// Waits for events by `poll`, which is given a timeout, as that of `epoll_wait`.
pub(crate) fn wait(timeout: c_int, mut poll: impl FnMut(c_int) -> c_int) -> c_int {
    let Some(mut lookout) = LOOKOUT.get().filter(|_| timeout != 0) else { return poll(timeout) };
    let (start, mut found) = (Instant::now(), 0);
    if lookout.is_worth_it() {
        while found == 0 && start.elapsed() < lookout.window {
            found = poll(0);
            hint::spin_loop();
        }
    }
    if found == 0 {
        found = poll(timeout);
    }
    lookout.waited(start.elapsed());
    LOOKOUT.set(Some(lookout));
    found
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const WINDOW: Duration = Duration::from_millis(2);

    /// How often it looked before it slept, or found something by its third look.
    fn looks(something: bool, sleep: Duration) -> u32 {
        let mut looks = 0;
        let found = wait(-1, |timeout| match timeout {
            0 => {
                looks += 1;
                c_int::from(something && looks == 3)
            }
            _ => {
                thread::sleep(sleep);
                1
            }
        });
        assert_eq!(found, 1);
        looks
    }

    #[test]
    fn it_looks_while_events_come_soon() {
        thread::spawn(|| {
            assert_eq!(looks(true, Duration::ZERO), 0, "by default");
            busy_poll(WINDOW);
            assert_eq!(looks(true, WINDOW * 50), 0, "at first");
            for _ in 0..20 {
                looks(true, Duration::ZERO);
            }
            assert_eq!(looks(true, Duration::ZERO), 3, "after short waits");
            assert!(looks(false, Duration::ZERO) > 3, "until the window is over");
            for _ in 0..20 {
                looks(false, WINDOW * 10);
            }
            assert_eq!(looks(true, WINDOW * 50), 0, "after long waits");
            assert_eq!(wait(0, |timeout| timeout + 7), 7, "it was not to wait");
        })
        .join()
        .unwrap();
    }

    #[test]
    fn an_error_ends_it() {
        thread::spawn(|| {
            busy_poll(WINDOW);
            for _ in 0..20 {
                looks(true, Duration::ZERO);
            }
            let mut polls = 0;
            let result = wait(-1, |_| {
                polls += 1;
                -1
            });
            assert_eq!((result, polls), (-1, 1));
        })
        .join()
        .unwrap();
    }
}
