//! Compiles the .proto files without protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=../../../proto");
    let files = ["grpc/testing/worker_service.proto", "grpc/testing/benchmark_service.proto"];
    let files = protox::compile(files, ["../../../proto"])?;
    // A body is a slice of what was read: nothing is copied.
    tonic_prost_build::configure().bytes(".").compile_fds(files)?;
    Ok(())
}
