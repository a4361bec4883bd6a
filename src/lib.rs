//! gRPC for Rust on C-core.

// Generated code names this crate as its users do.
extern crate self as quartet;

pub mod channel;
pub mod chat;
pub mod proto;
pub mod rpc;
mod seam;
pub mod server;
mod transport;

pub use seam::core_version;
pub use transport::Window;
