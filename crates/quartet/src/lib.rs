//! gRPC for Rust on C-core: the crate `grpcio`, made safe and complete.
//!
//! Write a service as the trait that is generated from its .proto ([`proto`] has this
//! crate's own), serve it with [`server`], call it through a [`channel`]. [`rpc`] has the
//! types of a call; [`chat`] is a service that uses all of them. The folder
//! `examples/greeter` has a crate with a .proto of its own.
//!
//! # The flow of a call
//!
//! ```text
//! server   bytes -> C-core -> grpcio -> seam -> rpc: interceptors, deadline, cancellation, panics
//!            -> async fn of the service -> Response or Status -> rpc ends the call -> bytes
//! client   Request -> rpc: interceptors, deadline -> grpcio, seam -> C-core -> bytes
//!            ... -> Response with headers and trailers, or Status
//! ```
//!
//! `seam` is the one module with `unsafe`: it takes from C-core what grpcio does not hand
//! out. A crate that depends on this one has to link it: its build script generates code
//! with `quartet_codegen::Builder`, or calls `quartet_codegen::link_seam`.

// Generated code names this crate as its users do.
extern crate self as quartet;

#[cfg(feature = "admin")]
pub mod admin;
mod arguments;
pub mod channel;
#[cfg(feature = "dynamic")]
pub mod dynamic;
pub mod interceptors;
mod keepalive;
pub mod proto;
mod queues;
mod resources;
pub mod rpc;
pub mod server;
pub mod services;
#[cfg(feature = "_tls")]
pub mod tls;
mod transport;

/// The crates that generated code names, for it alone: what is in here may change in any
/// version.
#[doc(hidden)]
pub mod codegen {
    pub use grpcio;
    pub use protobuf;
}

pub use keepalive::Keepalive;
/// The messages' own crate, for what generated messages are made of (`MessageField`,
/// `EnumOrUnknown`), and what they do (`Message`).
pub use protobuf;
pub use quartet_seam::core_version;
pub use queues::CompletionQueues;
pub use transport::Window;
