//! The example runs, and says what it should.

use std::process::Command;

#[test]
fn it_greets() {
    let output = Command::new(env!("CARGO_BIN_EXE_quartet-example-greeter")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "Good day, Ada.\nINVALID_ARGUMENT: the name is empty\n"
    );
}
