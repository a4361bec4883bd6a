//! Work shared among threads.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// Does every piece of work on one of `workers` threads, in order of their beginning, and hands
/// what they report to `hear` on the caller's thread, as it comes.
pub fn share<Piece: Send, News: Send>(
    pieces: Vec<Piece>,
    workers: usize,
    act: impl Fn(Piece, &dyn Fn(News)) + Sync,
    mut hear: impl FnMut(News),
) {
    let pieces = Mutex::new(VecDeque::from(pieces));
    let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let (sender, news) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..workers.max(1) {
            let sender = sender.clone();
            let (next, act) = (&next, &act);
            scope.spawn(move || {
                // The receiver outlives the scope: nothing is lost.
                let tell = |news| drop(sender.send(news));
                while let Some(piece) = next() {
                    act(piece, &tell);
                }
            });
        }
        drop(sender);
        news.iter().for_each(&mut hear);
    });
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn every_piece_is_done_once_and_heard_of() {
        let mut heard = Vec::new();
        share((0..100).collect(), 4, |n: u32, tell| tell(n), |n| heard.push(n));
        heard.sort_unstable();
        assert_eq!(heard, (0..100).collect::<Vec<_>>());
    }
}
