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
    let first = error("edition", &[("main.proto", "edition = \"2023\";\n")]);
    assert!(first.starts_with("DIR/main.proto:1: "), "{first}");
    assert!(first.contains("editions are not"), "{first}");
    assert!(first.contains("syntax = \"proto3\""), "{first}");
    let text = "// A comment.\n\nedition = \"2023\";\nmessage M {}\n";
    let error = error("edition_below", &[("main.proto", text)]);
    assert!(error.starts_with("DIR/main.proto:3: "), "{error}");
}

#[test]
fn a_group() {
    let text = "syntax = \"proto2\";\nmessage M {\n  optional int32 a = 1;\n  \
                repeated group Row = 2 {\n    optional int32 n = 3;\n  }\n}\n";
    let error = error("group", &[("main.proto", text)]);
    assert!(error.starts_with("DIR/main.proto:4: `Row` is a group"), "{error}");
}

#[test]
fn a_group_that_extends() {
    let text = "syntax = \"proto2\";\nmessage M {\n  extensions 1 to 9;\n}\n\
                extend M {\n  optional group Row = 2 {}\n}\n";
    let error = error("group_extends", &[("main.proto", text)]);
    assert!(error.starts_with("DIR/main.proto:6: `Row` is a group"), "{error}");
}

#[test]
fn a_type_that_the_protobuf_crate_lacks() {
    let text = "syntax = \"proto2\";\nimport \"google/protobuf/descriptor.proto\";\n\
                message M {\n  optional google.protobuf.FieldOptions.OptionRetention r = 1;\n}\n";
    let error = error("lacks", &[("main.proto", text)]);
    assert!(
        error.starts_with("DIR/main.proto:4: `r` has the type `google.protobuf.Field"),
        "{error}"
    );
}

#[test]
fn an_option_with_a_wrong_value() {
    let text = "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\n\
                message Rules { string a = 1; }\n\
                extend google.protobuf.FieldOptions { Rules rules = 50001; }\n\
                message M {\n  string s = 1 [(rules) = { wrong: 1 }];\n}\n";
    let error = error("option", &[("main.proto", text)]);
    assert!(error.starts_with("DIR/main.proto:6: "), "{error}");
    assert!(error.contains("wrong"), "{error}");
    assert!(error.lines().count() == 1 && error.len() < 300, "{error}");
}

#[test]
fn an_undefined_message() {
    let text = "syntax = \"proto3\";\nmessage M {\n  Missing m = 1;\n}\n";
    let error = error("undefined", &[("main.proto", text)]);
    assert!(error.starts_with("DIR/main.proto:3: ") && error.contains("Missing"), "{error}");
}

#[test]
fn a_method_that_takes_no_message() {
    let text = "syntax = \"proto3\";\npackage p;\nmessage M {}\nenum E { ZERO = 0; }\n\
                service S { rpc Do(E) returns (M); }\n";
    let error = error("enum", &[("main.proto", text)]);
    assert!(error.starts_with("DIR/main.proto:5: ") && error.contains("p.E"), "{error}");
}
