//! The tests by behaviour: one program, as linking C-core takes a while.

mod bare;
mod call_command;
mod cancellation;
mod cardinality;
mod channelz;
mod clients;
mod command_line;
mod compression;
mod deadlines;
mod drain;
mod endings;
mod health;
mod hostile;
mod interceptors;
mod linking;
mod load;
mod metadata;
mod panics;
mod peers;
mod reflection;
mod stalled;
mod support;
mod traps;
mod uploads;
mod vanishing;
