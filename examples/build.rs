//! Generates the code of `proto/`, and links the seam into the programs.

fn main() -> Result<(), quartet_codegen::Error> {
    quartet_codegen::Builder::new()
        .include("proto")
        .protos([
            "greeter.proto",
            "calculator.proto",
            "google/rpc/error_details.proto",
            "google/rpc/status.proto",
        ])
        .compile()
}
