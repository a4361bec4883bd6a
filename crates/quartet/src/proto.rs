//! What `build.rs` generates from `proto/`: a module for each protobuf package.

include!(concat!(env!("OUT_DIR"), "/quartet/mod.rs"));
