use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// A histogram that is counted without a lock. Clones share what is counted.
#[derive(Clone, Debug)]
pub(super) struct Histogram(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    bounds: &'static [f64],
    /// One for each bound, and one for what is above all of them.
    buckets: Box<[AtomicU64]>,
    /// As the bits of a float.
    sum: AtomicU64,
}

impl Histogram {
    /// Buckets up to each of these bounds, which ascend.
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Histogram(Arc::new(Counts { bounds, buckets, sum: AtomicU64::new(0f64.to_bits()) }))
    }

    pub(super) fn observe(&self, value: f64) {
        let Counts { bounds, buckets, sum } = &*self.0;
        let bucket = bounds.partition_point(|bound| *bound < value);
        buckets[bucket].fetch_add(1, Relaxed);
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        let _ = sum.fetch_update(Relaxed, Relaxed, add);
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let Counts { bounds, buckets, sum } = &*self.0;
        let counts = buckets.iter().map(|bucket| bucket.load(Relaxed));
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = f64::from_bits(sum.load(Relaxed));
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}
