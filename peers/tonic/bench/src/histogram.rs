//! Latencies, counted in buckets that grow with the value.

use tonic::Status;

use crate::testing::{HistogramData, HistogramParams};

/// More buckets than anybody asks for.
const MAX_BUCKETS: f64 = 1e6;

#[derive(Clone)]
pub struct Histogram {
    max_possible: f64,
    /// ln(1 + resolution): how much wider a bucket is than the one before.
    growth: f64,
    data: HistogramData,
}

impl Histogram {
    pub fn new(params: &HistogramParams) -> Result<Self, Status> {
        let HistogramParams { resolution, max_possible } = *params;
        let growth = resolution.ln_1p();
        let buckets = (max_possible.ln() / growth).floor() + 1.0;
        if !(resolution > 0.0 && max_possible >= 1.0 && buckets <= MAX_BUCKETS) {
            let why = "expected a resolution above 0, a maximum of 1 or more, a million buckets";
            return Err(Status::invalid_argument(format!(
                "histogram_params: {why}, saw resolution {resolution}, max_possible {max_possible}"
            )));
        }
        let mut histogram = Histogram { max_possible, growth, data: HistogramData::default() };
        histogram.data.bucket = vec![0; buckets as usize];
        histogram.clear();
        Ok(histogram)
    }

    pub fn add(&mut self, value: f64) {
        let data = &mut self.data;
        let bucket = (value.clamp(1.0, self.max_possible).ln() / self.growth) as usize;
        data.bucket[bucket] = data.bucket[bucket].saturating_add(1);
        data.min_seen = data.min_seen.min(value);
        data.max_seen = data.max_seen.max(value);
        data.sum += value;
        data.sum_of_squares += value * value;
        data.count += 1.0;
    }

    pub fn clear(&mut self) {
        let data = &mut self.data;
        data.bucket.fill(0);
        *data = HistogramData {
            bucket: std::mem::take(&mut data.bucket),
            min_seen: self.max_possible,
            ..Default::default()
        };
    }

    /// Adds what another one of the same parameters has counted.
    pub fn merge(&mut self, other: &Histogram) {
        let (data, other) = (&mut self.data, &other.data);
        for (count, more) in data.bucket.iter_mut().zip(&other.bucket) {
            *count = count.saturating_add(*more);
        }
        data.min_seen = data.min_seen.min(other.min_seen);
        data.max_seen = data.max_seen.max(other.max_seen);
        data.sum += other.sum;
        data.sum_of_squares += other.sum_of_squares;
        data.count += other.count;
    }

    pub fn count(&self) -> f64 {
        self.data.count
    }

    pub fn into_data(self) -> HistogramData {
        self.data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: HistogramParams = HistogramParams { resolution: 0.01, max_possible: 60e9 };

    fn counted(values: &[f64]) -> Histogram {
        let mut histogram = Histogram::new(&PARAMS).unwrap();
        values.iter().for_each(|value| histogram.add(*value));
        histogram
    }

    fn buckets(histogram: &Histogram) -> Vec<(usize, u32)> {
        let counts = histogram.data.bucket.iter().copied().enumerate();
        counts.filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn a_value_counts_in_its_bucket() {
        let bucket = |value: f64| (value.ln() / 1.01_f64.ln()).floor() as usize;
        let histogram = counted(&[0.0, 0.5, 1.0, 1.02, 50_000.0, 50_001.0]);
        assert_eq!(buckets(&histogram), [(0, 3), (1, 1), (bucket(50_000.0), 2)]);
    }

    #[test]
    fn what_is_too_large_counts_in_the_last_bucket() {
        let histogram = counted(&[60e9, 61e9, 1e30]);
        assert_eq!(buckets(&histogram), [(histogram.data.bucket.len() - 1, 3)]);
        assert_eq!(histogram.data.max_seen, 1e30);
    }

    #[test]
    fn sums_are_those_of_the_values() {
        let data = counted(&[3.0, 1.0, 2.0]).into_data();
        let seen = [data.min_seen, data.max_seen, data.sum, data.sum_of_squares, data.count];
        assert_eq!(seen, [1.0, 3.0, 6.0, 14.0, 3.0]);
    }

    #[test]
    fn merged_is_as_counted_together() {
        let mut histogram = counted(&[5.0, 700.0]);
        histogram.merge(&counted(&[]));
        histogram.merge(&counted(&[3.0, 700.0]));
        assert_eq!(histogram.data, counted(&[5.0, 700.0, 3.0, 700.0]).data);
    }

    #[test]
    fn cleared_is_as_new() {
        let mut histogram = counted(&[5.0, 1e30]);
        histogram.clear();
        assert_eq!(histogram.data, counted(&[]).data);
    }

    #[test]
    fn senseless_parameters_are_refused() {
        for (resolution, max_possible) in [
            (0.0, 60e9),
            (-0.5, 60e9),
            (f64::NAN, 60e9),
            (0.01, 0.0),
            (0.01, f64::NAN),
            (1e-9, 60e9),
        ] {
            assert!(Histogram::new(&HistogramParams { resolution, max_possible }).is_err());
        }
    }
}
