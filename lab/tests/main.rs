//! The lab, run over peers that misbehave.

mod bench;
mod commands;
mod http2;
mod interruption;
mod known;
mod misbehaviour;
mod preparation;
mod proxies;
mod world;
