//! A crate that forgets to link the seam gets a linker error, never a dead seam.

use std::process::Command;

#[test]
fn without_the_link_arguments_nothing_links_and_the_error_says_what_to_do() {
    let build = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--features", "unlinked"])
        .args(["--package", "quartet-example-unlinked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&build.stderr);
    assert!(!build.status.success(), "it links: {told}");
    let symbol = "quartet_is_not_linked_call_quartet_codegen_link_seam_in_build_rs";
    assert!(told.contains(symbol), "the error does not say what to do: {told}");
}
