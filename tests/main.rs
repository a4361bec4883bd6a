//! The tests by behaviour: one program, as linking C-core takes a while.

mod bare;
mod cancellation;
mod command_line;
mod deadlines;
mod drain;
mod endings;
mod go_peer;
mod load;
mod panics;
mod support;
mod uploads;
mod vanishing;
