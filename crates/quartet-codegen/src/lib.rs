//! Rust code for gRPC services from `.proto` files, made in a build script.
//!
//! It needs no `protoc` and downloads nothing. A `build.rs`:
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
//! and the module that includes the result:
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
//!   file that it can't handle, only the `METHOD_…` constants.
//!
//! At the root is `FILE_DESCRIPTOR_SET`: every file read, serialized, for server
//! reflection. The crate that includes the code needs only the dependency `quartet` for it.
//!
//! # Names
//!
//! Names stay as they are in the proto file, unless Rust would have a keyword or the same name
//! twice. A keyword gets an underscore (`type_`), or is raw for methods (`r#type`). Of two equal
//! names, one gets an underscore, and where that doesn't help, a number or an `x`:
//!
//! - a field named like an accessor of another: `clear_body` beside `body` becomes
//!   `clear_body_`; so do `new` and `special_fields`, which every message has;
//! - a oneof named like a nested type: `state` beside `State` becomes `state_`, of the type
//!   `State_`;
//! - the later of two types that differ only in their first letter;
//! - a service whose name, or that of its server or client, is also that of a message: `Chat`
//!   beside a message `ChatClient` becomes `Chat_`, `Chat_Server` and `Chat_Client`;
//! - the module of what a message `Config` declares, if a package has its name: it is
//!   `config_` beside the package `config`.
//!
//! Reflection, JSON, text and the wire have the names of the proto file.
//!
//! # Limits
//!
//! Proto files are read as protoc reads them, with these exceptions, each of which is a build error
//! that names the file and usually the line:
//!
//! - editions, and fields that are groups, as the `protobuf` crate does not support them;
//! - fields of types that the `protobuf` crate 3.7 lacks, such as
//!   `google.protobuf.FieldOptions.OptionRetention`;
//! - `-inf` as the value of an option;
//! - two fields of a message with the same name in JSON, as proto2 allows.
//!
//! Extensions declared in a message have no constant; those of files do. A well-known type
//! may be under another path, such as `third_party/timestamp.proto`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod bare;
mod builder;
mod builtin;
mod comments;
mod descriptors;
mod error;
mod finish;
mod flatten;
mod layer;
mod limits;
mod link;
mod messages;
mod model;
mod names;
mod outline;
mod packages;
mod qualify;
mod rename;
mod roots;
mod sources;
mod types;

pub use builder::Builder;
pub use error::Error;
pub use link::{WRAPPED, WRAPPED_IN_CORE, link_seam};
pub use protobuf_codegen::Customize;
