//! The same tests with bundles of other sizes, in processes of their own: the size is a process's.

use std::env;
use std::process::Command;

use crate::support::core_is_ours;

const SIZE: &str = "QUARTET_BUNDLES";

#[test]
fn every_size_of_a_bundle_is_exact() {
    // An installed core has none, and these processes no others.
    if !core_is_ours() || env::var_os(SIZE).is_some() {
        return;
    }
    for size in ["1", "2", "7"] {
        let tests = Command::new(env::current_exe().unwrap())
            .args(["bundles::", "cardinality::", "compression::", "--skip", "bundles::sizes"])
            .env(SIZE, size)
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&tests.stdout);
        assert!(tests.status.success(), "bundles of {size}: {output}");
        assert!(
            output.contains("test bundles::frames::frames_may_be_cut_anywhere ... ok"),
            "{output}"
        );
    }
}
