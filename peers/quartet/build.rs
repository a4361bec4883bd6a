//! Generates the code of the test services, and links the seam.

use protobuf_codegen::Customize;

fn main() -> Result<(), quartet_codegen::Error> {
    quartet_codegen::Builder::new()
        // A message that is sent many times shares its body with the others.
        .customize(Customize::default().tokio_bytes(true))
        .include("../../proto")
        .protos([
            "grpc/testing/test.proto",
            "grpc/testing/worker_service.proto",
            "grpc/testing/benchmark_service.proto",
            "xds/service/orca/v3/orca.proto",
            "connectrpc/conformance/v1/client_compat.proto",
            "connectrpc/conformance/v1/server_compat.proto",
            "google/rpc/status.proto",
        ])
        .compile()
}
