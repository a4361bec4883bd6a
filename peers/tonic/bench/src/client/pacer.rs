//! The times at which the calls of an open loop begin: one Poisson process.

use std::io;
use std::iter;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tonic::Status;

/// Calls a second: fewer than this need waits that no clock can count.
const LEAST: f64 = 1e-3;

/// A thread that hands over each time when it has come: tokio's clock has but milliseconds.
pub struct Pacer {
    due: UnboundedReceiver<Instant>,
    thread: Option<JoinHandle<()>>,
}

/// Whether so many calls a second can be offered.
pub fn check(offered_load: f64) -> Result<(), Status> {
    if offered_load.is_finite() && offered_load >= LEAST {
        return Ok(());
    }
    let why = format!("offered_load: expected {LEAST} or more, saw {offered_load}");
    Err(Status::invalid_argument(why))
}

impl Pacer {
    pub fn start(offered_load: f64) -> io::Result<Self> {
        let (hand_over, due) = unbounded_channel();
        let run = move || pace(gaps(offered_load), &hand_over);
        let thread = thread::Builder::new().name("bench-pacer".into()).spawn(run)?;
        Ok(Pacer { due, thread: Some(thread) })
    }

    /// The next time, as soon as it has come.
    pub async fn next(&mut self) -> Option<Instant> {
        self.due.recv().await
    }
}

impl Drop for Pacer {
    fn drop(&mut self) {
        self.due.close();
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                eprintln!("the pacer panicked");
            }
        }
    }
}

/// The times between one call and the next.
fn gaps(offered_load: f64) -> impl Iterator<Item = Duration> {
    let mut random = fastrand::Rng::new();
    iter::repeat_with(move || Duration::from_secs_f64(-(1.0 - random.f64()).ln() / offered_load))
}

/// Hands over all times that are due, however late it is, and sleeps until the next.
fn pace(gaps: impl Iterator<Item = Duration>, hand_over: &UnboundedSender<Instant>) {
    // Without it, the kernel may let the thread sleep 50 us longer, and that is all.
    let _ = nix::sys::prctl::set_timerslack(1);
    let mut next = Instant::now();
    for gap in gaps {
        next += gap;
        while let Some(wait) = next.checked_duration_since(Instant::now()).filter(|w| !w.is_zero())
        {
            if hand_over.is_closed() {
                return;
            }
            thread::park_timeout(wait);
        }
        if hand_over.send(next).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_exponential() {
        const COUNT: usize = 100_000;
        let gaps: Vec<f64> = gaps(1000.0).take(COUNT).map(|gap| gap.as_secs_f64() * 1e3).collect();
        let mean = gaps.iter().sum::<f64>() / COUNT as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / COUNT as f64;
        let longer = gaps.iter().filter(|gap| **gap > 1.0).count() as f64 / COUNT as f64;
        assert!((mean - 1.0).abs() < 0.03, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.1, "variance {variance}");
        assert!((longer - (-1.0_f64).exp()).abs() < 0.02, "above the mean {longer}");
    }

    #[test]
    fn nothing_is_skipped_and_nothing_early() {
        let (hand_over, mut due) = unbounded_channel();
        let begun = Instant::now();
        let gaps = [0, 300, 0, 5_000, 1].map(Duration::from_micros);
        thread::spawn(move || pace(gaps.into_iter(), &hand_over));
        let mut intended = None;
        for gap in gaps {
            let time = due.blocking_recv().unwrap();
            assert!(time <= Instant::now() && time >= begun);
            assert_eq!(intended.map_or(gap, |last| time - last), gap);
            intended = Some(time);
        }
        assert!(due.blocking_recv().is_none());
    }

    #[test]
    fn what_is_late_comes_at_once() {
        let (hand_over, mut due) = unbounded_channel();
        pace(iter::repeat_n(Duration::from_nanos(1), 1000), &hand_over);
        assert_eq!(iter::from_fn(|| due.try_recv().ok()).count(), 1000);
    }

    #[test]
    fn dropped_it_is_gone_at_once() {
        let begun = Instant::now();
        drop(Pacer::start(LEAST).unwrap());
        assert!(begun.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn senseless_loads_are_refused() {
        for load in [0.0, -1.0, 1e-9, f64::NAN, f64::INFINITY] {
            assert!(check(load).is_err());
        }
        assert!(check(50_000.0).is_ok());
    }
}
