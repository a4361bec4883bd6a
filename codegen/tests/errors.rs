//! What is wrong, where, and what to do: the errors of `compile`.

use std::fs;
use std::path::{Path, PathBuf};

use quartet_codegen::Builder;

/// A directory of this test's own, with the files in it.
fn directory(test: &str, files: &[(&str, &str)]) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    for (name, text) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("it is in the directory")).expect("is made");
        fs::write(path, text).expect("is written");
    }
    directory
}

/// The error of compiling `main.proto`, with the directory called `DIR`.
fn error(test: &str, files: &[(&str, &str)]) -> String {
    let directory = directory(test, files);
    let error = Builder::new()
        .include(&directory)
        .protos(["main.proto"])
        .out_dir(&directory)
        .compile()
        .expect_err("it does not compile");
    assert_eq!(format!("{error}"), format!("{error:?}"));
    error.to_string().replace(&directory.display().to_string(), "DIR")
}

#[test]
fn a_missing_file() {
    assert_eq!(
        error("missing", &[]),
        "the proto file `main.proto` is not found; searched in:\n  DIR\n\
         Add the directory it is relative to with `Builder::include`, or correct the path"
    );
}

#[test]
fn no_include() {
    let error = Builder::new().protos(["main.proto"]).compile().expect_err("fails");
    assert!(error.to_string().contains("`Builder::include`"), "{error}");
}

#[test]
fn a_path_that_is_not_relative_to_an_include() {
    let error = Builder::new().protos(["../main.proto"]).compile().expect_err("fails");
    assert!(error.to_string().starts_with("`../main.proto` can't name a proto file"), "{error}");
}

#[test]
fn an_unknown_import() {
    let text =
        "syntax = \"proto3\";\n\nimport \"google/protobuf/any.proto\";\nimport \"b.proto\";\n";
    let error = error("import", &[("main.proto", text)]);
    assert!(
        error.starts_with(
            "DIR/main.proto:4: the imported file `b.proto` is not found; searched in:\n  DIR\n"
        ),
        "{error}"
    );
}

#[test]
fn imports_in_a_circle() {
    let a = "syntax = \"proto3\"; import \"a.proto\";";
    let main = "syntax = \"proto3\"; import \"main.proto\";";
    let error = error("circle", &[("main.proto", a), ("a.proto", main)]);
    assert!(error.contains("main.proto -> a.proto -> main.proto;"), "{error}");
}

#[test]
fn a_syntax_error() {
    let text = "syntax = \"proto3\";\n\nmessage M {\n  string = 1;\n}\n";
    let error = error("syntax", &[("main.proto", text)]);
    assert!(error.starts_with("DIR/main.proto:4: "), "{error}");
}

#[test]
fn an_edition() {
    let error = error("edition", &[("main.proto", "edition = \"2023\";\n")]);
    assert!(error.starts_with("DIR/main.proto:1: "), "{error}");
    assert!(error.contains("editions are not"), "{error}");
}

#[test]
fn an_undefined_message() {
    let text = "syntax = \"proto3\";\nmessage M {\n  Missing m = 1;\n}\n";
    let error = error("undefined", &[("main.proto", text)]);
    assert!(error.contains("DIR/main.proto") && error.contains("Missing"), "{error}");
}

#[test]
fn a_method_that_takes_no_message() {
    let text = "syntax = \"proto3\";\npackage p;\nmessage M {}\nenum E { ZERO = 0; }\n\
                service S { rpc Do(E) returns (M); }\n";
    let error = error("enum", &[("main.proto", text)]);
    assert!(error.contains("DIR/main.proto") && error.contains("`.p.E`"), "{error}");
}
