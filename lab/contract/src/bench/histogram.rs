//! Counts values in buckets, each a little wider than the one before, as gRPC's benchmarks do.

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
    /// Buckets that grow by `resolution`, for values up to `max_possible`. None if there are no such
    /// ones.
    pub fn new(resolution: f64, max_possible: f64) -> Option<Self> {
        let width = resolution.ln_1p();
        let buckets = (max_possible.ln() / width).floor() + 1.0;
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
    /// How many values are in each bucket.
    pub buckets: Vec<u32>,
    min: f64,
    /// The largest value.
    pub max: f64,
    /// The sum of the values.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_of_squares: f64,
    count: u64,
}

impl Histogram {
    /// Without a value.
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

    /// Counts a value.
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

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The smallest value; 0 if there is none.
    pub fn min(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.min }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_in_the_bucket_of_their_logarithm() {
        let scale = Scale::new(1.0, 1024.0).unwrap();
        assert_eq!(scale.buckets, 11);
        for (value, bucket) in [(0.0, 0), (0.9, 0), (1.5, 0), (2.5, 1), (600.0, 9), (1e9, 10)] {
            assert_eq!(scale.bucket(value), bucket, "{value}");
        }
    }

    #[test]
    fn what_is_merged_is_as_if_added() {
        let scale = Scale::new(0.01, 60e9).unwrap();
        let (mut one, mut other) = (Histogram::new(scale), Histogram::new(scale));
        one.add(100.0);
        other.add(3000.0);
        other.add(50.0);
        one.merge(&other);
        assert_eq!((one.count(), one.min(), one.max), (3, 50.0, 3000.0));
        assert_eq!(one.sum, 3150.0);
        assert_eq!(one.buckets.iter().sum::<u32>(), 3);
    }

    #[test]
    fn what_is_no_scale_is_refused() {
        for (resolution, max) in
            [(0.0, 60e9), (-0.5, 60e9), (0.01, 0.0), (1e-12, 60e9), (f64::NAN, 60e9)]
        {
            assert!(Scale::new(resolution, max).is_none(), "{resolution} {max}");
        }
    }
}
