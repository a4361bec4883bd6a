use std::cell::Cell;

/// How many writes a queue's thread may hold on a connection: a part of what it usually makes from
/// one sleep to the next.
///
/// Held to the end, all answers would leave together, just before the thread sleeps; a peer that
/// does the same then works while this side sleeps, and sleeps while this side works. Sent in
/// parts, the first answers keep the peer busy while the rest are made.
#[derive(Default)]
pub(super) struct Pace {
    /// Since the last sleep.
    writes: Cell<u32>,
    /// From one sleep to the next, times [`ONE`]; smoothed.
    usual: Cell<u32>,
}

/// The part of the usual number that may be held: three in four. Of the calls in flight half are
/// usually at the peer, so it is about a third of them.
const PART: (u32, u32) = (3, 4);
/// How much weight the last number has in the usual one: one in so many.
const WEIGHT: u32 = 8;
const ONE: u32 = 16;

impl Pace {
    /// To be called with each write. Says how many may be held; with 1 or 0, none.
    pub fn wrote(&self) -> u32 {
        self.writes.set(self.writes.get().saturating_add(1));
        let all = ONE * PART.1;
        (self.usual.get() * PART.0 + all / 2) / all
    }

    /// To be called when the thread is about to sleep.
    pub fn sleeps(&self) {
        let writes = self.writes.take().min(1 << 16) * ONE;
        if writes > 0 {
            let usual = self.usual.get();
            self.usual.set(usual - usual / WEIGHT + writes / WEIGHT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(writes: u32) -> u32 {
        let pace = Pace::default();
        for _ in 0..100 {
            for _ in 0..writes {
                pace.wrote();
            }
            pace.sleeps();
            pace.sleeps();
        }
        pace.wrote()
    }

    #[test]
    fn it_follows_the_load() {
        assert_eq!(settled(0), 0);
        assert_eq!(settled(1), 1, "with one it is sent at once");
        assert!((7..=8).contains(&settled(10)), "{}", settled(10));
        assert!((72..=75).contains(&settled(100)), "{}", settled(100));
        assert!(settled(100_000) > 10_000);
    }
}
