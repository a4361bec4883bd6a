//! Sets of proto files that many use, as far as `script/public-protos` fetched them: their
//! descriptors are those of protoc, and rustc accepts what is generated.

mod common;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Set, generate};

/// The sets that were fetched.
fn sets() -> Vec<Set> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/public-protos/sets");
    let Ok(found) = fs::read_dir(&directory) else {
        println!("no public protos were fetched: `script/public-protos --fetch` does it");
        return Vec::new();
    };
    let mut found: Vec<_> = found.map(|entry| entry.expect("it is listed").path()).collect();
    found.sort();
    found.iter().map(|path| set(path)).collect()
}

fn set(path: &Path) -> Set {
    let lines = |name: &str| {
        let text = fs::read_to_string(path.join(name)).expect("the script wrote it");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    Set {
        name: path.file_name().expect("it has a name").to_string_lossy().into_owned(),
        includes: lines("includes").into_iter().map(PathBuf::from).collect(),
        files: lines("files"),
    }
}

#[test]
fn public_protos_are_generated_as_protoc_and_rustc_have_it() {
    let protoc = common::protoc().filter(|protoc| protoc.version >= 22);
    if protoc.is_none() {
        println!("descriptors are not compared: it takes a protoc of protobuf 22 or later");
    }
    let mut modules = String::new();
    for set in sets() {
        let generated = generate(&set);
        if let Some(protoc) = &protoc {
            protoc.compare(&set, &generated);
        }
        modules += &module(&set.name, &generated);
    }
    if !modules.is_empty() {
        check(&modules);
    }
}

/// A module with all messages of a set. Stubs are left out: they take the whole of quartet.
fn module(name: &str, generated: &Path) -> String {
    let root = fs::read_to_string(generated.join("mod.rs")).expect("it was written");
    let mut text = format!("pub mod {name} {{\n");
    let built_in =
        root.lines().filter(|line| line.starts_with("    pub use ::quartet::codegen::protobuf::"));
    built_in.for_each(|line| text += &format!("{line}\n"));
    let files = fs::read_dir(generated.join("files")).expect("it is a directory");
    let files = files.map(|entry| entry.expect("it is listed").path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let module = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        if !module.ends_with("_grpc") {
            let _ = writeln!(text, "    #[path = {path:?}]\n    pub mod {module};");
        }
    }
    text + "}\n"
}

/// Has rustc look at the modules, in a crate that has nothing but the `protobuf` crate, where
/// generated code looks for it.
fn check(modules: &str) {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("public");
    let written = |file: &str, text: &str| {
        let path = package.join(file);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("is made");
        fs::write(path, text).expect("is written");
    };
    let manifest = |name: &str, needs: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{needs}\n"
        )
    };
    written("quartet/Cargo.toml", &manifest("quartet", "protobuf = \"=3.7.2\""));
    written("quartet/src/lib.rs", "pub mod codegen {\n    pub use protobuf;\n}\n");
    let public = manifest("public", "quartet = { path = \"quartet\" }");
    written("Cargo.toml", &format!("{public}\n[workspace]\n"));
    let root = format!("//! Public protos.\n#![allow(warnings)]\n{modules}");
    written("src/lib.rs", &root);
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    fs::copy(lock, package.join("Cargo.lock")).expect("is copied");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet"])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .output()
        .expect("cargo starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "rustc does not accept what is generated:\n{words}");
}
