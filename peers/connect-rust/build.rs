//! Compiles the .proto files, by protox in place of protoc.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use buffa_codegen::{BytesRepr, CodeGenConfig};
use prost::Message;

const INCLUDE: &str = "../../proto";

const PROTOS: &[&str] = &[
    "grpc/testing/benchmark_service.proto",
    "grpc/testing/control.proto",
    "grpc/testing/messages.proto",
    "grpc/testing/payloads.proto",
    "grpc/testing/stats.proto",
    "grpc/testing/worker_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={INCLUDE}");
    let descriptors = PathBuf::from(std::env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(&descriptors, protox::compile(PROTOS, [INCLUDE])?.encode_to_vec())?;
    let mut buffa = CodeGenConfig::default();
    // A body that is sent is shared, as one that is received is.
    buffa.bytes_fields.push((".".into(), BytesRepr::Bytes));
    connectrpc_build::Config::new()
        .buffa_config(buffa)
        .descriptor_set(descriptors)
        .files(PROTOS)
        .generate_json(false)
        .include_file("_connectrpc.rs")
        .compile()?;
    Ok(())
}
