//! Descriptors under names that can be Rust's: files without directories, and what is in
//! them without clashes.
//!
//! protobuf-codegen and grpcio-compiler name the module of a file by its
//! basename, so `a/kw.proto` and `b/kw.proto` would overwrite each other.

use std::collections::HashMap;

use protobuf::descriptor::FileDescriptorProto;
use protobuf::descriptor::field_descriptor_proto::Type;
use protobuf::descriptor::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto};

use crate::builtin::{self, BUILTINS};
use crate::names::{self, Names};
use crate::rename::{Taken, TrueNames, rename};

/// What a module of stubs has after the name of the module of messages.
pub const STUBS: &str = "_grpc";

/// Flattened files.
pub struct Flat {
    pub files: Vec<FileDescriptorProto>,
    /// What was renamed in each of them.
    pub true_names: Vec<TrueNames>,
}

/// Renames every file, and its mentions in imports, to `MODULE.proto`, where `MODULE` is an
/// identifier that no other file has; and what is in those that are not built in, so that
/// no two items of Rust have one name.
pub fn flatten(files: &[FileDescriptorProto]) -> Flat {
    let mut renamed = files.to_vec();
    rename_files(&mut renamed);
    let mut packages: HashMap<String, Taken> = HashMap::new();
    for file in renamed.iter().filter(|file| !file.extension.is_empty()) {
        packages.insert(file.package().to_owned(), Taken::in_package(true));
    }
    let true_names = renamed.iter_mut().map(|file| {
        if builtin::of_flat(file).is_some() {
            return TrueNames::new();
        }
        rename(file, packages.entry(file.package().to_owned()).or_default())
    });
    let true_names = true_names.collect();
    let mut now = Now::default();
    for (before, after) in files.iter().zip(&renamed) {
        now.add(before, after);
    }
    renamed.iter_mut().for_each(|file| now.mend(file));
    Flat { files: renamed, true_names }
}

fn rename_files(files: &mut [FileDescriptorProto]) {
    let mut taken = Names::reserving(BUILTINS.iter().map(|builtin| builtin.alias));
    let modules = files.iter().map(|file| match builtin::find(file) {
        Some(builtin) => builtin.alias.to_owned(),
        None => taken.claim(module(file.name()), &["", STUBS]),
    });
    let flat = modules.map(|module| format!("{module}.proto"));
    let flat: HashMap<String, String> =
        files.iter().map(|file| file.name().to_owned()).zip(flat).collect();
    let rename = |name: &mut String| {
        if let Some(flat) = flat.get(name.as_str()) {
            name.clone_from(flat);
        }
    };
    for file in files {
        file.name.iter_mut().for_each(rename);
        file.dependency.iter_mut().for_each(rename);
    }
}

/// What full names of messages and enums, and values of enums, are now.
#[derive(Default)]
struct Now {
    types: HashMap<String, String>,
    values: HashMap<(String, String), String>,
}

impl Now {
    fn add(&mut self, before: &FileDescriptorProto, after: &FileDescriptorProto) {
        let scope = scope(before);
        self.messages((&scope, &before.message_type), (&scope, &after.message_type));
        self.enums((&scope, &before.enum_type), (&scope, &after.enum_type));
    }

    fn messages(
        &mut self,
        (scope, messages): (&str, &[DescriptorProto]),
        (scope_now, messages_now): (&str, &[DescriptorProto]),
    ) {
        for (before, after) in messages.iter().zip(messages_now) {
            let name = format!("{scope}.{}", before.name());
            let now = format!("{scope_now}.{}", after.name());
            self.messages((&name, &before.nested_type), (&now, &after.nested_type));
            self.enums((&name, &before.enum_type), (&now, &after.enum_type));
            self.types.insert(name, now);
        }
    }

    fn enums(
        &mut self,
        (scope, enums): (&str, &[EnumDescriptorProto]),
        (scope_now, enums_now): (&str, &[EnumDescriptorProto]),
    ) {
        for (before, after) in enums.iter().zip(enums_now) {
            let name = format!("{scope}.{}", before.name());
            for (before, after) in before.value.iter().zip(&after.value) {
                if before.name() != after.name() {
                    let value = (name.clone(), before.name().to_owned());
                    self.values.insert(value, after.name().to_owned());
                }
            }
            self.types.insert(name, format!("{scope_now}.{}", after.name()));
        }
    }

    /// Replaces the names that a file uses.
    fn mend(&self, file: &mut FileDescriptorProto) {
        file.message_type.iter_mut().for_each(|message| self.mend_message(message));
        file.extension.iter_mut().for_each(|field| self.mend_field(field));
        for method in file.service.iter_mut().flat_map(|service| &mut service.method) {
            self.mend_name(&mut method.input_type);
            self.mend_name(&mut method.output_type);
        }
    }

    fn mend_message(&self, message: &mut DescriptorProto) {
        message.field.iter_mut().for_each(|field| self.mend_field(field));
        message.extension.iter_mut().for_each(|field| self.mend_field(field));
        message.nested_type.iter_mut().for_each(|nested| self.mend_message(nested));
    }

    fn mend_field(&self, field: &mut FieldDescriptorProto) {
        if field.type_() == Type::TYPE_ENUM && field.has_default_value() {
            let value = (field.type_name().to_owned(), field.default_value().to_owned());
            if let Some(now) = self.values.get(&value) {
                field.default_value = Some(now.clone());
            }
        }
        self.mend_name(&mut field.type_name);
        self.mend_name(&mut field.extendee);
    }

    fn mend_name(&self, name: &mut Option<String>) {
        if let Some(now) = name.as_ref().and_then(|name| self.types.get(name)) {
            *name = Some(now.clone());
        }
    }
}

/// What the full names of what is in a file begin with.
pub fn scope(file: &FileDescriptorProto) -> String {
    match file.package() {
        "" => String::new(),
        package => format!(".{package}"),
    }
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
    use super::*;

    fn file(name: &str, dependencies: &[&str]) -> FileDescriptorProto {
        let mut file = FileDescriptorProto::new();
        file.set_name(name.to_owned());
        file.dependency = dependencies.iter().map(|&d| d.to_owned()).collect();
        file
    }

    fn names(flat: &Flat) -> Vec<&str> {
        flat.files.iter().map(|file| file.name()).collect()
    }

    #[test]
    fn directories_become_part_of_the_name() {
        let flat = flatten(&[
            file("google/protobuf/empty.proto", &[]),
            file("a/kw.proto", &["google/protobuf/empty.proto"]),
            file("b/kw.proto", &["a/kw.proto"]),
        ]);
        assert_eq!(names(&flat), ["empty.proto", "a_kw.proto", "b_kw.proto"]);
        assert_eq!(flat.files[1].dependency, ["empty.proto"]);
        assert_eq!(flat.files[2].dependency, ["a_kw.proto"]);
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
        assert_eq!(flat.files[2].dependency, ["a_b_.proto"]);
    }

    #[test]
    fn modules_are_no_keywords_and_no_built_in_modules() {
        let flat =
            flatten(&[file("type.proto", &[]), file("2nd.proto", &[]), file("empty.proto", &[])]);
        assert_eq!(names(&flat), ["proto_type.proto", "proto_2nd.proto", "empty_.proto"]);
    }
}
