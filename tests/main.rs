//! The tests by behaviour: one program, as linking C-core takes a while.

mod bare;
mod cancellation;
mod cardinality;
mod command_line;
mod compression;
mod connections;
mod deadlines;
mod drain;
mod endings;
mod hostile;
mod interceptors;
mod linking;
mod load;
mod metadata;
mod panics;
mod peers;
mod replicas;
mod stalled;
mod support;
mod tls;
mod traps;
mod uploads;
mod vanishing;
mod xds;
