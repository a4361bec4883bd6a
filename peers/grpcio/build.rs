//! Generates the code of gRPC's test services, and links the seam.

fn main() -> Result<(), quartet_codegen::Error> {
    quartet_codegen::Builder::new()
        .include("../../proto")
        .protos([
            "grpc/testing/test.proto",
            "grpc/testing/worker_service.proto",
            "grpc/testing/benchmark_service.proto",
            "xds/service/orca/v3/orca.proto",
        ])
        .compile()
}
