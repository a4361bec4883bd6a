//! The descriptors are those of protoc, field by field, options included. protoc is needed
//! for these tests alone: without one they say so, and fail where `QUARTET_REQUIRE_PEERS` is
//! set.

mod common;

use std::path::Path;

use common::{Set, generate};

/// The files of this crate's cases, and whether they need the protoc of protobuf 22. One is
/// left out: it imports `plugin.proto`, which comes along with few protocs.
const CASES: &[(&str, bool)] = &[
    ("b/kw.proto", false),
    ("clashes/config.proto", false),
    ("docs.proto", false),
    ("marked.proto", false),
    ("methods.proto", false),
    ("more_keywords.proto", false),
    ("newer_options.proto", true),
    ("options.proto", false),
    ("prelude.proto", false),
    ("well_known.proto", false),
    ("x/type/v1/type.proto", false),
];

#[test]
fn descriptors_of_the_cases_are_those_of_protoc() {
    let Some(protoc) = common::protoc() else { return };
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/codegen-cases/proto");
    for (file, newer) in CASES {
        if *newer && protoc.version < 22 {
            println!("{file} is left out: it needs protobuf 22, protoc has {}", protoc.version);
            continue;
        }
        let set = Set {
            name: format!("cases-{}", file.replace('/', "-")),
            includes: vec![include.clone()],
            files: vec![(*file).to_owned()],
        };
        protoc.compare(&set, &generate(&set));
    }
}
