//! Programs of other stacks, which a folder's build.sh makes. One whose toolchain is missing is
//! reported as NOT RUN; with `QUARTET_REQUIRE_PEERS` set it is a failure.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// A folder of the repository.
pub fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs the folder's build.sh, one at a time; false, with a message, where that can't be. `needs`
/// is a command that succeeds where the toolchain is there.
pub fn build(path: &str, needs: &[&str]) -> bool {
    build_with(path, &[], needs)
}

/// The same, with arguments for build.sh.
pub fn build_with(path: &str, args: &[&str], needs: &[&str]) -> bool {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let toolchain = Command::new(needs[0]).args(&needs[1..]).output();
    if !toolchain.is_ok_and(|output| output.status.success()) {
        let told = format!("NOT RUN: {path} needs {:?}", needs.join(" "));
        assert!(std::env::var_os("QUARTET_REQUIRE_PEERS").is_none(), "{told}");
        eprintln!("{told}");
        return false;
    }
    let build = Command::new(folder(path).join("build.sh")).args(args).output().unwrap();
    let log = String::from_utf8_lossy(&build.stderr);
    assert!(build.status.success(), "{path}/build.sh: {log}");
    true
}
