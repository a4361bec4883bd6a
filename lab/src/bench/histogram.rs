//! Latencies, counted in buckets that grow by one percent: the histogram of gRPC's contract.

use serde::{Deserialize, Serialize};

/// How much wider each bucket is than the one before.
pub const RESOLUTION: f64 = 0.01;

/// There are buckets up to this latency, in nanoseconds.
pub const MAX: f64 = 60e9;

/// Latencies in nanoseconds: bucket i counts those from 1.01^i on, up to 1.01^(i + 1).
///
/// It is written as the number of the first bucket that is not empty, and the counts from there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Histogram {
    first: usize,
    counts: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct Written(usize, Vec<u64>);

impl From<Written> for Histogram {
    fn from(Written(first, counts): Written) -> Self {
        Self { first, counts }
    }
}

impl From<Histogram> for Written {
    fn from(it: Histogram) -> Self {
        Self(it.first, it.counts)
    }
}

impl Histogram {
    /// Of a worker's buckets, from the first on.
    pub fn of_buckets(buckets: &[u32]) -> Self {
        let used = |count: &u32| *count > 0;
        let first = buckets.iter().position(used).unwrap_or(0);
        let end = buckets.iter().rposition(used).map_or(first, |last| last + 1);
        Self { first, counts: buckets[first..end].iter().copied().map(u64::from).collect() }
    }

    /// Of latencies in nanoseconds.
    #[cfg(test)]
    pub fn of_latencies(latencies: impl IntoIterator<Item = f64>) -> Self {
        let last = bucket(MAX);
        let mut buckets = vec![0; last + 1];
        latencies.into_iter().for_each(|latency| buckets[bucket(latency).min(last)] += 1);
        Self::of_buckets(&buckets)
    }

    /// Whether it has counted nothing.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many latencies it has counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Counts what the other has counted.
    pub fn add(&mut self, other: &Self) {
        if self.is_empty() || other.is_empty() {
            if self.is_empty() {
                *self = other.clone();
            }
            return;
        }
        let first = self.first.min(other.first);
        let end = (self.first + self.counts.len()).max(other.first + other.counts.len());
        let mut counts = vec![0; end - first];
        for it in [&*self, other] {
            let place = it.first - first;
            counts[place..].iter_mut().zip(&it.counts).for_each(|(sum, count)| *sum += count);
        }
        *self = Self { first, counts };
    }

    /// The latency in nanoseconds that this share of all (0 to 1) does not exceed, from within its
    /// bucket; `None` if there are none.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = (share * self.count() as f64).ceil().max(1.0);
        let mut below = 0.0;
        for (bucket, count) in (self.first..).zip(&self.counts) {
            let count = *count as f64;
            if below + count >= rank {
                let start = if bucket == 0 { 0.0 } else { start(bucket) };
                let within = (rank - below) / count;
                return Some(start + within * (self::start(bucket + 1) - start));
            }
            below += count;
        }
        None
    }
}

#[cfg(test)]
fn bucket(latency: f64) -> usize {
    (latency.max(1.0).ln() / (1.0 + RESOLUTION).ln()) as usize
}

/// Where a bucket begins, in nanoseconds.
fn start(bucket: usize) -> f64 {
    (1.0 + RESOLUTION).powf(bucket as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_bucket_of_the_truth() {
        let histogram = Histogram::of_latencies((1..=10_000).map(|it| f64::from(it) * 100.0));
        for share in [0.001, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let (seen, truth) = (histogram.quantile(share).unwrap(), share * 1e6);
            assert!((seen / truth - 1.0).abs() <= 2.0 * RESOLUTION, "{share}: {seen}, not {truth}");
        }
        assert_eq!(Histogram::default().quantile(0.5), None);
    }

    #[test]
    fn two_count_as_one() {
        let (fast, slow) = ([80.0, 81.0, 95.0], [3e9, 9e12]);
        let mut sum = Histogram::of_latencies(fast);
        sum.add(&Histogram::of_latencies(slow));
        assert_eq!(sum, Histogram::of_latencies([&fast[..], &slow].concat()));
        assert_eq!(sum.count(), 5);
    }

    #[test]
    fn nothing_added_changes_nothing() {
        let histogram = Histogram::of_latencies([1e3]);
        let mut sum = histogram.clone();
        sum.add(&Histogram::default());
        assert_eq!(sum, histogram);
        sum = Histogram::default();
        sum.add(&histogram);
        assert_eq!(sum, histogram);
    }

    #[test]
    fn it_is_written_without_empty_buckets() {
        let text = serde_json::to_string(&Histogram::of_buckets(&[0, 0, 3, 0, 1, 0])).unwrap();
        assert_eq!(text, "[2,[3,0,1]]");
        let read: Histogram = serde_json::from_str(&text).unwrap();
        assert_eq!(read.count(), 4);
    }
}
