//! The `bench` contract: what a driver asks of a worker, when its client calls, and what is counted.
//! The types of the messages are the workers' own, as each generates them.

mod figures;
mod histogram;
mod load;
mod options;
mod pace;
mod setup;
mod stage;
mod stub;
mod usage;

use std::thread::available_parallelism;

pub use figures::{Counts, Figures};
pub use histogram::{Histogram, Scale};
pub use load::Load;
pub use options::{Options, Tuning};
pub use pace::Pacer;
pub use setup::{Asked, Client, Compression, Pace, Refusal, Style, compression, port};
pub use stage::{Stage, Stop};
pub use stub::{Answer, Answers, Requests, Stub};
pub use usage::{Usage, Used};

/// A message that is not what was asked for: DATA_LOSS.
pub const WRONG: i32 = 15;

/// How many cores the process may use.
pub fn cores() -> i32 {
    available_parallelism().map_or(1, |cores| i32::try_from(cores.get()).unwrap_or(i32::MAX))
}

/// So many zeros, as the body of a message.
pub fn zeros(length: usize) -> Vec<u8> {
    let mut zeros = vec![0; length];
    // Written, each page is one of its own: unwritten, all are the kernel's one page of zeros.
    std::hint::black_box(&mut zeros).fill(0);
    zeros
}
