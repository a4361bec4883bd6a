//! Rust code for gRPC services from `.proto` files, made in a build script.
//!
//! No `protoc` is needed and nothing is downloaded. A `build.rs`:
//!
//! ```no_run
//! fn main() -> Result<(), quartet_codegen::Error> {
//!     quartet_codegen::Builder::new()
//!         .include("proto")
//!         .protos(["chat/chat.proto"])
//!         .compile()
//! }
//! ```
//!
//! and the module that takes the result in:
//!
//! ```text
//! pub mod proto {
//!     include!(concat!(env!("OUT_DIR"), "/quartet/mod.rs"));
//! }
//! ```
//!
//! There is a module for each protobuf package (`grpc.health.v1` becomes
//! `proto::grpc::health::v1`). It has
//!
//! - the messages of the package, as `protobuf-codegen` writes them;
//! - for a service `Chat`, the trait `Chat` to implement, `ChatServer` to serve
//!   it and `ChatClient` to call it;
//! - the module `bare`, with the stubs that `grpcio-compiler` writes, or, for a
//!   file it can't do, the `METHOD_…` constants alone.
//!
//! At the root is `FILE_DESCRIPTOR_SET`: every file read, serialized, for server
//! reflection. The crate that includes the code depends on `quartet`, `grpcio`
//! and `protobuf`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod bare;
mod builder;
mod builtin;
mod comments;
mod error;
mod flatten;
mod layer;
mod link;
mod model;
mod names;
mod packages;
mod parse;
mod sources;
mod types;

pub use builder::Builder;
pub use error::Error;
pub use link::{WRAPPED, WRAPPED_IN_CORE, link_seam};
