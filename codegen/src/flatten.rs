//! Descriptors under names without directories.
//!
//! protobuf-codegen and grpcio-compiler name the module of a file by its
//! basename, so `a/kw.proto` and `b/kw.proto` would overwrite each other.

use std::collections::HashMap;

use protobuf::descriptor::{DescriptorProto, FileDescriptorProto};

use crate::builtin::{self, BUILTINS};
use crate::names::{self, Names};

/// What a module of stubs has after the name of the module of messages.
pub const STUBS: &str = "_grpc";

/// Renames every file that is not built in, and its mentions in imports, to
/// `MODULE.proto`, where `MODULE` is an identifier that no other file has; and
/// fields, to identifiers.
pub fn flatten(files: &[FileDescriptorProto]) -> Vec<FileDescriptorProto> {
    let mut taken = Names::reserving(BUILTINS.iter().map(|builtin| builtin.alias));
    let flat: HashMap<&str, String> = files
        .iter()
        .filter(|file| builtin::find(file.name()).is_none())
        .map(|file| {
            let module = taken.claim(module(file.name()), &["", STUBS]);
            (file.name(), format!("{module}.proto"))
        })
        .collect();
    let rename = |name: &mut String| {
        if let Some(flat) = flat.get(name.as_str()) {
            name.clone_from(flat);
        }
    };
    let mut renamed = files.to_vec();
    for file in &mut renamed {
        file.name.iter_mut().for_each(rename);
        file.dependency.iter_mut().for_each(rename);
        file.message_type.iter_mut().for_each(rename_fields);
    }
    renamed
}

/// Renames the fields that are keywords unknown to protobuf-codegen, in the way it
/// renames others. On the wire and in JSON they keep their names.
fn rename_fields(message: &mut DescriptorProto) {
    let rename = |name: &mut String| {
        if names::NEW_KEYWORDS.contains(&name.as_str()) {
            name.push('_');
        }
    };
    for field in &mut message.field {
        field.name.iter_mut().for_each(rename);
    }
    for oneof in &mut message.oneof_decl {
        oneof.name.iter_mut().for_each(rename);
    }
    message.nested_type.iter_mut().for_each(rename_fields);
}

/// The module of a flattened file.
pub fn module_of(file: &FileDescriptorProto) -> &str {
    file.name().trim_end_matches(".proto")
}

fn module(file: &str) -> String {
    let name = file
        .strip_suffix(".proto")
        .unwrap_or(file)
        .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    if names::is_keyword(&name) || name.starts_with(|c: char| c.is_ascii_digit()) || name == "_" {
        format!("proto_{name}")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use protobuf::descriptor::FieldDescriptorProto;

    use super::*;

    fn file(name: &str, dependencies: &[&str]) -> FileDescriptorProto {
        let mut file = FileDescriptorProto::new();
        file.set_name(name.to_owned());
        file.dependency = dependencies.iter().map(|&d| d.to_owned()).collect();
        file
    }

    fn names(files: &[FileDescriptorProto]) -> Vec<&str> {
        files.iter().map(|file| file.name()).collect()
    }

    #[test]
    fn directories_become_part_of_the_name() {
        let flat = flatten(&[
            file("google/protobuf/empty.proto", &[]),
            file("a/kw.proto", &["google/protobuf/empty.proto"]),
            file("b/kw.proto", &["a/kw.proto"]),
        ]);
        assert_eq!(names(&flat), ["google/protobuf/empty.proto", "a_kw.proto", "b_kw.proto"]);
        assert_eq!(flat[1].dependency, ["google/protobuf/empty.proto"]);
        assert_eq!(flat[2].dependency, ["a_kw.proto"]);
    }

    #[test]
    fn fields_are_no_keywords() {
        let mut before = file("a.proto", &[]);
        let mut inner = DescriptorProto::new();
        for name in ["gen", "type"] {
            let mut field = FieldDescriptorProto::new();
            field.set_name(name.to_owned());
            field.set_json_name(name.to_owned());
            inner.field.push(field);
        }
        let mut outer = DescriptorProto::new();
        outer.nested_type.push(inner);
        before.message_type.push(outer);
        let flat = flatten(&[before]);
        let fields = &flat[0].message_type[0].nested_type[0].field;
        assert_eq!([fields[0].name(), fields[0].json_name()], ["gen_", "gen"]);
        assert_eq!(fields[1].name(), "type");
    }

    #[test]
    fn no_two_modules_have_one_name() {
        let flat = flatten(&[
            file("a/b.proto", &[]),
            file("a_b.proto", &["a/b.proto"]),
            file("a-b.proto", &["a_b.proto"]),
            file("a/b_grpc.proto", &[]),
        ]);
        assert_eq!(names(&flat), ["a_b.proto", "a_b_.proto", "a_b__.proto", "a_b_grpc_.proto"]);
        assert_eq!(flat[2].dependency, ["a_b_.proto"]);
    }

    #[test]
    fn modules_are_no_keywords_and_no_built_in_modules() {
        let flat =
            flatten(&[file("type.proto", &[]), file("2nd.proto", &[]), file("empty.proto", &[])]);
        assert_eq!(names(&flat), ["proto_type.proto", "proto_2nd.proto", "empty_.proto"]);
    }
}
