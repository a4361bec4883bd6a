//! Work shared among threads.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// Does each job on one of `workers` threads, started in their order, and hands what jobs report to
/// `receive` on the caller's thread, as it comes.
pub fn share<Job: Send, Report: Send>(
    jobs: Vec<Job>,
    workers: usize,
    act: impl Fn(Job, &dyn Fn(Report)) + Sync,
    mut receive: impl FnMut(Report),
) {
    let jobs = Mutex::new(VecDeque::from(jobs));
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let (sender, reports) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..workers.max(1) {
            let sender = sender.clone();
            let (next, act) = (&next, &act);
            scope.spawn(move || {
                // The receiver outlives the scope: nothing is lost.
                let report = |it| drop(sender.send(it));
                while let Some(job) = next() {
                    act(job, &report);
                }
            });
        }
        drop(sender);
        reports.iter().for_each(&mut receive);
    });
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn every_job_is_done_once_and_reported() {
        let mut received = Vec::new();
        share((0..100).collect(), 4, |n: u32, report| report(n), |n| received.push(n));
        received.sort_unstable();
        assert_eq!(received, (0..100).collect::<Vec<_>>());
    }
}
