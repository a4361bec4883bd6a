//! Links the seam into this crate's own tests, and says what the core lacks.

use std::env;

fn main() {
    println!("cargo:rustc-check-cfg=cfg(core_without_log_functions, core_is_bundled)");
    if !core_is_installed() {
        println!("cargo:rustc-cfg=core_is_bundled");
    } else if core_is_at_least("44.0.0") {
        println!("cargo:rustc-cfg=core_without_log_functions");
    }
    quartet_codegen::link_seam();
}

/// Whether grpcio-sys takes an installed core, instead of its own (33.0.0, gRPC 1.56.2).
fn core_is_installed() -> bool {
    println!("cargo:rerun-if-env-changed=GRPCIO_SYS_USE_PKG_CONFIG");
    env::var("GRPCIO_SYS_USE_PKG_CONFIG").is_ok_and(|value| value == "1")
}

fn core_is_at_least(version: &str) -> bool {
    pkg_config::Config::new().cargo_metadata(false).atleast_version(version).probe("grpc").is_ok()
}
