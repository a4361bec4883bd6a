//! When calls begin in an open loop, however long others take.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::channel::mpsc::{self, UnboundedReceiver};
use nix::sys::prctl;

/// The intended times of a Poisson process, without end.
struct Arrivals {
    rate: f64,
    next: Instant,
}

impl Iterator for Arrivals {
    type Item = Instant;

    fn next(&mut self) -> Option<Instant> {
        // Above 0, so that its logarithm is a number.
        let uniform = 1.0 - fastrand::f64();
        self.next += Duration::from_secs_f64((-uniform.ln() / self.rate).min(LONGEST_GAP));
        Some(self.next)
    }
}

/// A day, in seconds; a duration has an end.
const LONGEST_GAP: f64 = 86_400.0;

/// How soon the end is noticed while nothing is due.
const LOOK: Duration = Duration::from_millis(10);

/// Has calls begun at their times, `rate` a second, on this thread. What is due already is begun
/// at once, with the time at which it should have been.
pub fn keep(rate: f64, mut ended: impl FnMut() -> bool, mut begin: impl FnMut(Instant)) {
    // By default Linux lets sleepers lie up to 50 us longer. Without it the pace is just less even.
    let _ = prctl::set_timerslack(1);
    for due in (Arrivals { rate, next: Instant::now() }) {
        loop {
            if ended() {
                return;
            }
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            thread::sleep(left.min(LOOK));
        }
        begin(due);
    }
}

/// A thread that hands over each time when it has come, until this is dropped: runtimes have but
/// milliseconds.
#[derive(Debug)]
pub struct Pacer(UnboundedReceiver<Instant>);

impl Pacer {
    /// Begins with so many times a second.
    ///
    /// # Errors
    /// When there can be no more threads.
    pub fn start(rate: f64) -> io::Result<Self> {
        let (hand_over, due) = mpsc::unbounded();
        let run = move || {
            keep(
                rate,
                || hand_over.is_closed(),
                |time| {
                    // If nobody takes it, that is the end.
                    let _ = hand_over.unbounded_send(time);
                },
            );
        };
        thread::Builder::new().name("bench-pacer".into()).spawn(run)?;
        Ok(Pacer(due))
    }

    /// The next time, as soon as it has come.
    pub async fn next(&mut self) -> Option<Instant> {
        self.0.next().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_have_the_rate_and_the_spread_of_a_poisson_process() {
        fastrand::seed(7);
        let start = Instant::now();
        let times: Vec<_> = Arrivals { rate: 1000.0, next: start }.take(10_000).collect();
        let gaps = times.iter().scan(start, |last, time| {
            let gap = *time - *last;
            *last = *time;
            Some(gap.as_secs_f64())
        });
        let (sum, squares) = gaps.fold((0.0, 0.0), |(a, b), gap| (a + gap, b + gap * gap));
        let (mean, variance) = (sum / 1e4, squares / 1e4 - (sum / 1e4).powi(2));
        assert!((mean * 1000.0 - 1.0).abs() < 0.05, "{mean}");
        assert!((variance * 1e6 - 1.0).abs() < 0.15, "{variance}");
    }

    #[test]
    fn what_is_due_is_begun_at_once_and_nothing_is_skipped() {
        let mut begun = Vec::new();
        let mut left = 1000;
        keep(
            1e9,
            || {
                left -= 1;
                left < 0
            },
            |due| begun.push(due),
        );
        assert!(begun.len() > 400, "{}", begun.len());
        assert!(begun.is_sorted());
    }
}
