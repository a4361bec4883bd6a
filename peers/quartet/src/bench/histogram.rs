//! Counts values in buckets, each a little wider than the one before, as gRPC's benchmarks do.

use crate::proto::grpc::testing::{HistogramData, HistogramParams};

/// More buckets than anybody needs: what is sent with each mark.
const MOST_BUCKETS: f64 = 1e6;

/// How values are counted.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// ln(1 + resolution).
    width: f64,
    buckets: usize,
}

impl Scale {
    /// None if there is no such histogram.
    pub fn new(params: &HistogramParams) -> Option<Self> {
        let width = params.resolution.ln_1p();
        let buckets = (params.max_possible.ln() / width).floor() + 1.0;
        let usable = width > 0.0 && (1.0..MOST_BUCKETS).contains(&buckets);
        usable.then_some(Scale { width, buckets: buckets as usize })
    }

    fn bucket(self, value: f64) -> usize {
        // A float that is too small or too large becomes the nearest integer.
        ((value.ln() / self.width) as usize).min(self.buckets - 1)
    }
}

/// The counts, and what else is known of the values.
#[derive(Clone, Debug)]
pub struct Histogram {
    scale: Scale,
    buckets: Vec<u32>,
    min: f64,
    max: f64,
    sum: f64,
    sum_of_squares: f64,
    count: u64,
}

impl Histogram {
    pub fn new(scale: Scale) -> Self {
        Histogram {
            scale,
            buckets: vec![0; scale.buckets],
            min: f64::INFINITY,
            max: 0.0,
            sum: 0.0,
            sum_of_squares: 0.0,
            count: 0,
        }
    }

    pub fn add(&mut self, value: f64) {
        self.buckets[self.scale.bucket(value)] += 1;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += value;
        self.sum_of_squares += value * value;
        self.count += 1;
    }

    /// Adds the values of another one of the same scale.
    pub fn merge(&mut self, other: &Histogram) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.sum_of_squares += other.sum_of_squares;
        self.count += other.count;
    }

    pub fn count(&self) -> u64 {
        self.count
    }
}

impl From<Histogram> for HistogramData {
    fn from(histogram: Histogram) -> Self {
        HistogramData {
            bucket: histogram.buckets,
            min_seen: if histogram.count == 0 { 0.0 } else { histogram.min },
            max_seen: histogram.max,
            sum: histogram.sum,
            sum_of_squares: histogram.sum_of_squares,
            count: histogram.count as f64,
            ..HistogramData::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(resolution: f64, max_possible: f64) -> Option<Scale> {
        Scale::new(&HistogramParams { resolution, max_possible, ..HistogramParams::default() })
    }

    #[test]
    fn values_are_in_the_bucket_of_their_logarithm() {
        let scale = scale(1.0, 1024.0).unwrap();
        assert_eq!(scale.buckets, 11);
        for (value, bucket) in [(0.0, 0), (0.9, 0), (1.5, 0), (2.5, 1), (600.0, 9), (1e9, 10)] {
            assert_eq!(scale.bucket(value), bucket, "{value}");
        }
    }

    #[test]
    fn what_is_merged_is_as_if_added() {
        let scale = scale(0.01, 60e9).unwrap();
        let (mut one, mut other) = (Histogram::new(scale), Histogram::new(scale));
        one.add(100.0);
        other.add(3000.0);
        other.add(50.0);
        one.merge(&other);
        let data: HistogramData = one.into();
        assert_eq!((data.count, data.min_seen, data.max_seen), (3.0, 50.0, 3000.0));
        assert_eq!(data.sum, 3150.0);
        assert_eq!(data.bucket.iter().sum::<u32>(), 3);
    }

    #[test]
    fn what_is_no_scale_is_refused() {
        for (resolution, max) in
            [(0.0, 60e9), (-0.5, 60e9), (0.01, 0.0), (1e-12, 60e9), (f64::NAN, 60e9)]
        {
            assert!(scale(resolution, max).is_none(), "{resolution} {max}");
        }
    }
}
