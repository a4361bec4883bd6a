//! What `Builder::customize` changes in the generated messages, and what it can't.

use std::fs;
use std::path::Path;

use quartet_codegen::{Builder, Customize};

/// The module of a message with one field.
fn generated(test: &str, customize: Customize) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&directory).expect("is made");
    let proto = "syntax = \"proto3\"; message Line { string text = 1; }";
    fs::write(directory.join("line.proto"), proto).expect("is written");
    Builder::new()
        .include(&directory)
        .protos(["line.proto"])
        .out_dir(&directory)
        .customize(customize)
        .compile()
        .expect("compiles");
    fs::read_to_string(directory.join("quartet/files/line.rs")).expect("was written")
}

#[test]
fn accessors_are_there_if_asked_for() {
    let default = generated("fields", Customize::default());
    assert!(default.contains("pub text:") && !default.contains("fn set_text("), "{default}");
    let with = generated("accessors", Customize::default().generate_accessors(true));
    assert!(with.contains("fn set_text("), "{with}");
}

#[test]
fn an_attribute_goes_before_each_message() {
    let text = generated("attribute", Customize::default().before("#[must_use]"));
    assert!(text.contains("#[must_use]\n"), "{text}");
}

#[test]
fn reflection_stays() {
    let lite = Customize::default().lite_runtime(true).gen_mod_rs(true);
    assert_eq!(generated("lite", lite), generated("full", Customize::default()));
}
