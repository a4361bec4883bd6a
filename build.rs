//! Generates the messages, stubs and service traits of `proto/`, links the seam, and tells it
//! what the core lacks.

use std::env;

fn main() -> Result<(), quartet_codegen::Error> {
    println!("cargo:rustc-check-cfg=cfg(core_without_log_functions, core_is_bundled)");
    if !core_is_installed() {
        println!("cargo:rustc-cfg=core_is_bundled");
    } else if core_is_at_least("44.0.0") {
        println!("cargo:rustc-cfg=core_without_log_functions");
    }
    quartet_codegen::Builder::new()
        .include("proto")
        .protos([
            "chat/chat.proto",
            "grpc/channelz/v1/channelz.proto",
            "grpc/health/v1/health.proto",
            "grpc/reflection/v1/reflection.proto",
            "grpc/reflection/v1alpha/reflection.proto",
        ])
        .compile()
}

/// Whether grpcio-sys takes an installed core, instead of its own (33.0.0, gRPC 1.56.2).
fn core_is_installed() -> bool {
    println!("cargo:rerun-if-env-changed=GRPCIO_SYS_USE_PKG_CONFIG");
    env::var("GRPCIO_SYS_USE_PKG_CONFIG").is_ok_and(|value| value == "1")
}

fn core_is_at_least(version: &str) -> bool {
    pkg_config::Config::new().cargo_metadata(false).atleast_version(version).probe("grpc").is_ok()
}
