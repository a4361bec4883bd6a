//! The tests by behaviour: one program, as linking C-core takes a while.

mod admin;
mod auth;
mod bare;
mod call_log;
mod cancellation;
mod cardinality;
mod command_line;
mod compression;
mod deadlines;
mod drain;
mod endings;
mod hostile;
mod interceptors;
mod limits;
mod linking;
mod load;
mod metadata;
mod metrics;
mod panics;
mod peers;
mod stalled;
mod support;
mod trace;
mod traps;
mod uploads;
mod vanishing;
