//! Benchmarks: contestants are measured over workloads, in turns.
//!
//! ```text
//! workload (a TOML file each) -> tasks (points on its axes) -> rounds (everybody's turn, there
//!     and back) -> calls, h2load, idle, footprint (one sample) -> record
//! ```
//!
//! The lab is the driver of gRPC's own benchmark contract: contestants are its workers.

mod calls;
pub mod contestant;
mod control;
pub mod figure;
mod footprint;
mod h2load;
pub mod histogram;
mod idle;
mod messages;
pub mod record;
pub mod relay;
mod remote;
pub mod report;
mod rounds;
mod run;
pub mod statistics;
pub mod testbed;
mod usage;
mod wire;
mod worker;
pub mod workload;

pub use remote::Remote;
pub use run::Run;
