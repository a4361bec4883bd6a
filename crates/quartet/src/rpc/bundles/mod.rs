//! Messages of a stream that are sent together, and those that came together.

mod receive;
mod send;

pub use receive::{Bundle, Incoming};
pub use send::{Bundling, Outgoing};
