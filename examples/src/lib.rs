//! The code that `build.rs` generates from `proto/`, for the programs in `src/bin`. A crate with
//! one program has this module in its `main.rs`.

/// A module for each protobuf package, and `FILE_DESCRIPTOR_SET` for reflection.
#[allow(missing_docs)]
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/quartet/mod.rs"));
}
