//! Compiles the .proto files without protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=../../../proto");
    let files = ["grpc/testing/test.proto", "xds/service/orca/v3/orca.proto"];
    tonic_prost_build::compile_fds(protox::compile(files, ["../../../proto"])?)?;
    Ok(())
}
