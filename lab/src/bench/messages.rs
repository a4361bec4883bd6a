//! The messages of gRPC's benchmark contract, generated from `proto/grpc/testing`.

#![allow(missing_docs, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/messages/mod.rs"));
