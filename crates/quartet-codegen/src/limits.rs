//! What proto files may have and Rust can't: errors instead of messages with holes.

use std::collections::HashMap;
use std::path::Path;

use protobuf::descriptor::field_descriptor_proto::Type;
use protobuf::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use crate::builtin::{self, Builtin};
use crate::error::{Kind, Place, Result};
use crate::flatten::scope;

/// Looks whether code can be generated for all that is in the files, of which some were
/// found at paths.
///
/// # Errors
///
/// When a file has a group, or a field of a type that is too new for the `protobuf` crate.
pub fn check(files: &[FileDescriptorProto], paths: &HashMap<&str, &Path>) -> Result<()> {
    let builtins: Vec<_> = files
        .iter()
        .filter_map(|file| Some((format!("{}.", scope(file)), file, builtin::find(file)?)))
        .collect();
    for file in files.iter().filter(|file| builtin::find(file).is_none()) {
        let mut found = Vec::new();
        each_field(file, &mut |field, path| {
            if let Some(why) = why_not(field, &builtins) {
                found.push((path.to_vec(), why));
            }
        });
        if let Some((path, reason)) = found.into_iter().next() {
            let line = line(file, &path);
            let path = paths.get(file.name()).copied().unwrap_or(Path::new(file.name()));
            return Err(Kind::Limit { place: Place { path: path.to_owned(), line }, reason }.into());
        }
    }
    Ok(())
}

/// Why there can't be code for a field.
fn why_not(
    field: &FieldDescriptorProto,
    builtins: &[(String, &FileDescriptorProto, &Builtin)],
) -> Option<String> {
    if field.type_() == Type::TYPE_GROUP {
        let name = field.type_name().rsplit('.').next().unwrap_or_default();
        return Some(format!(
            "`{name}` is a group, which Rust messages can't have; use a message field, if the wire \
             format may change"
        ));
    }
    let lacks = |name: &str| {
        builtins.iter().any(|(scope, file, builtin)| {
            name.strip_prefix(scope.as_str())
                .is_some_and(|name| declares(file, name) && !builtin.has(name))
        })
    };
    let mut names = [field.type_name(), field.extendee()].into_iter();
    let name = names.find(|name| lacks(name))?.trim_start_matches('.');
    Some(format!(
        "`{}` has the type `{name}`, which the crate protobuf 3.7 doesn't have",
        field.name()
    ))
}

/// Whether a message or enum is declared in a file.
fn declares(file: &FileDescriptorProto, name: &str) -> bool {
    let mut parts = name.split('.');
    let Some(first) = parts.next() else { return false };
    let mut message = file.message_type.iter().find(|message| message.name() == first);
    if message.is_none() {
        return parts.next().is_none() && file.enum_type.iter().any(|e| e.name() == first);
    }
    for part in parts {
        let Some(outer) = message else { return false };
        message = outer.nested_type.iter().find(|message| message.name() == part);
        if message.is_none() {
            return outer.enum_type.iter().any(|e| e.name() == part);
        }
    }
    true
}

/// Calls a function with each field and extension, and its path as locations have it.
fn each_field(file: &FileDescriptorProto, f: &mut impl FnMut(&FieldDescriptorProto, &[i32])) {
    for (i, message) in (0..).zip(&file.message_type) {
        each_field_of(message, &[4, i], f);
    }
    for (i, extension) in (0..).zip(&file.extension) {
        f(extension, &[7, i]);
    }
}

fn each_field_of(
    message: &DescriptorProto,
    path: &[i32],
    f: &mut impl FnMut(&FieldDescriptorProto, &[i32]),
) {
    for (i, field) in (0..).zip(&message.field) {
        f(field, &[path, &[2, i]].concat());
    }
    for (i, extension) in (0..).zip(&message.extension) {
        f(extension, &[path, &[6, i]].concat());
    }
    for (i, nested) in (0..).zip(&message.nested_type) {
        each_field_of(nested, &[path, &[3, i]].concat(), f);
    }
}

fn line(file: &FileDescriptorProto, path: &[i32]) -> Option<u32> {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let mut of_field = locations.filter(|location| location.path == path);
    of_field.next().and_then(|location| location.span.first()).map(|line| *line as u32 + 1)
}
