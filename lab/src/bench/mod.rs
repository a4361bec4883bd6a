//! Benchmarks: contestants are measured over workloads, in turns.

pub mod figure;
pub mod histogram;
pub mod record;
pub mod report;
pub mod statistics;
