//! gRPC for Rust on C-core: the crate `grpcio`, made safe and complete.
//!
//! Write a service as the trait that `quartet_codegen` generates from its .proto, serve it with
//! [`server`], call it through a [`channel`]. [`rpc`] has the types of a call. [`proto`] has the
//! services of this crate's own: health, reflection and channelz. The repository has a guide in
//! chapters, in `docs/guide`.
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
//! The seam is the crate `quartet-seam`: it gets from C-core what grpcio does not expose, and is
//! the only crate with `unsafe`. Each crate that builds a binary must link it: its build script
//! generates code with `quartet_codegen::Builder`, or calls `quartet_codegen::link_seam`.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `boringssl` (default) | TLS by BoringSSL, compiled with C-core |
//! | `openssl` | TLS by the system's OpenSSL |
//! | `admin` | an HTTP page for probes and Prometheus, and `metrics` |
//! | `channelz` | the channelz service |
//! | `dynamic` | calls without generated code: messages as JSON, schemas by reflection |
//! | `limits` | the interceptors that limit rates and concurrent calls |
//! | `metrics` | metrics of calls, for Prometheus |
//! | `full` | all of these except TLS |
//!
//! Without `boringssl` and `openssl` there is no TLS, and no module `tls`.

#![forbid(unsafe_code)]

// Generated code names this crate as its users do.
extern crate self as quartet;

#[cfg(feature = "admin")]
pub mod admin;
mod arguments;
pub mod channel;
#[cfg(feature = "dynamic")]
pub mod dynamic;
mod heap;
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

/// How many messages of a stream travel through C-core as one operation at most: 256 on the bundled
/// core, and 1, so each by itself, on an installed one. The environment variable `QUARTET_BUNDLES`
/// sets another number up to that; 1 turns it off. On the wire it makes no difference.
pub fn largest_bundle() -> usize {
    quartet_seam::bundle::largest()
}

pub use keepalive::Keepalive;
/// The messages' own crate, for what generated messages are made of (`MessageField`,
/// `EnumOrUnknown`), and what they do (`Message`).
pub use protobuf;
pub use quartet_seam::core_version;
pub use queues::{CompletionQueues, CompletionQueuesBuilder};
pub use transport::Window;
