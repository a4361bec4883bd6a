//! Generates the messages, stubs and service traits of `proto/`.

fn main() -> Result<(), quartet_codegen::Error> {
    quartet_codegen::Builder::new()
        .include("proto")
        .protos([
            "grpc/channelz/v1/channelz.proto",
            "grpc/health/v1/health.proto",
            "grpc/reflection/v1/reflection.proto",
            "grpc/reflection/v1alpha/reflection.proto",
        ])
        .compile()
}
