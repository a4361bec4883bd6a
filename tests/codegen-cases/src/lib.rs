//! Proto files that are hard to generate code for, in a crate that accepts no
//! warning. What is generated is tried out in `tests`.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, clippy::all, clippy::pedantic)]
#![deny(clippy::unwrap_used, rustdoc::all)]

/// The generated code.
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/quartet/mod.rs"));
}

/// The text of the generated code, but for messages and bare stubs.
pub const GENERATED: &str = include_str!(concat!(env!("OUT_DIR"), "/quartet/mod.rs"));
