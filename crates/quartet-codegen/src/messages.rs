//! The modules of messages, by protobuf-codegen.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use protobuf::Message;
use protobuf::descriptor::source_code_info::Location;
use protobuf::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, SourceCodeInfo,
};
use protobuf_codegen::{Customize, CustomizeCallback, gen_and_write::gen_and_write};
use protobuf_parse::ProtoPathBuf;

use crate::comments::Comments;
use crate::error::{Error, Kind, Result};
use crate::finish::{DOC, finish};
use crate::flatten::module_of;
use crate::outline::Outlines;
use crate::rename::TrueNames;
use crate::roots::through_quartet;

/// What all packages are put into. It keeps protobuf-codegen from knowing better where the
/// messages of `google.protobuf` are: it looks for those by their names, and gives up on some.
const PACKAGE: &str = "in_proto";

/// A file to generate messages of.
pub struct Input<'a> {
    /// Its descriptor.
    pub original: &'a FileDescriptorProto,
    /// That flattened.
    pub flat: &'a FileDescriptorProto,
    /// What was renamed in it.
    pub true_names: &'a TrueNames,
    /// How its messages are written.
    pub customize: &'a Customize,
}

/// Writes the module of a file's messages and, for it to include, its descriptor.
///
/// # Errors
///
/// When protobuf-codegen can't do the file, and when nothing can be written.
pub fn write(input: &Input, outlines: &Outlines, directory: &Path) -> Result<()> {
    let name = ProtoPathBuf::new(input.flat.name().to_owned());
    let name = name.map_err(|error| failed(input, &error.to_string()))?;
    let mut files = outlines.of_imports(input.flat);
    files.push(without_services(input));
    files.iter_mut().for_each(put_into_package);
    // Without reflection, a file can't be imported by one with it.
    let customize = input.customize.clone().gen_mod_rs(false).lite_runtime(false);
    let generate = || gen_and_write(&files, "protox", &[name], directory, &customize, &NoCallback);
    match catch_unwind(AssertUnwindSafe(generate)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(failed(input, &error.to_string())),
        Err(panic) => {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or(panic.downcast_ref::<&str>().copied());
            return Err(failed(input, words.unwrap_or("protobuf-codegen panicked")));
        }
    }
    let module = module_of(input.flat);
    let path = directory.join(format!("{module}.rs"));
    let generated = fs::read_to_string(&path).map_err(Error::writing(&path))?;
    let descriptor = format!("{module}.bin");
    let text = finish(&generated, input.original.name(), input.true_names, &descriptor);
    fs::write(&path, through_quartet(&text)).map_err(Error::writing(&path))?;
    let mut original = input.original.clone();
    original.source_code_info.clear();
    let bytes = original.write_to_bytes().map_err(|error| failed(input, &error.to_string()))?;
    let path = directory.join(descriptor);
    fs::write(&path, bytes).map_err(Error::writing(&path))
}

struct NoCallback;

impl CustomizeCallback for NoCallback {}

fn failed(input: &Input, reason: &str) -> Error {
    Kind::Generate { reason: format!("{}: {reason}", input.original.name()) }.into()
}

/// The file with what protobuf-codegen makes use of.
fn without_services(input: &Input) -> FileDescriptorProto {
    let mut file = input.flat.clone();
    file.service.clear();
    file.source_code_info = Some(documentation(input.flat)).into();
    file.message_type.iter_mut().for_each(map_entries_last);
    file
}

/// protobuf-codegen counts nested messages without those of maps when it looks for comments.
fn map_entries_last(message: &mut DescriptorProto) {
    message.nested_type.sort_by_key(|nested| nested.options.map_entry());
    message.nested_type.iter_mut().for_each(map_entries_last);
}

/// The comments of messages, fields and enums, marked for `finish`, by the paths they have
/// when the messages of maps are the last.
fn documentation(file: &FileDescriptorProto) -> SourceCodeInfo {
    let mut documentation =
        Documentation { comments: Comments::of(file), info: SourceCodeInfo::new() };
    for (i, message) in file.message_type.iter().enumerate() {
        documentation.message(message, &[4, i as i32], &[4, i as i32]);
    }
    for i in 0..file.enum_type.len() as i32 {
        documentation.at(&[5, i], &[5, i]);
    }
    documentation.info
}

struct Documentation {
    comments: Comments,
    info: SourceCodeInfo,
}

impl Documentation {
    /// Adds the comments in a message, which is at a path, and then at another.
    fn message(&mut self, message: &DescriptorProto, path: &[i32], then: &[i32]) {
        self.at(path, then);
        for i in 0..message.field.len() as i32 {
            self.at(&[path, &[2, i]].concat(), &[then, &[2, i]].concat());
        }
        for i in 0..message.enum_type.len() as i32 {
            self.at(&[path, &[4, i]].concat(), &[then, &[4, i]].concat());
        }
        let nested = (0..).zip(&message.nested_type);
        let nested = nested.filter(|(_, nested)| !nested.options.map_entry());
        for (rank, (i, nested)) in (0..).zip(nested) {
            let (path, then) = ([path, &[3, i]].concat(), [then, &[3, rank]].concat());
            self.message(nested, &path, &then);
        }
    }

    fn at(&mut self, path: &[i32], then: &[i32]) {
        let lines = self.comments.at(path);
        if !lines.is_empty() {
            let marked = lines.iter().map(|line| format!("{DOC}{line}\n"));
            self.info.location.push(Location {
                path: then.to_vec(),
                leading_comments: Some(marked.collect()),
                ..Location::default()
            });
        }
    }
}

fn put_into_package(file: &mut FileDescriptorProto) {
    let package = match file.package() {
        "" => PACKAGE.to_owned(),
        package => format!("{PACKAGE}.{package}"),
    };
    file.package = Some(package);
    file.extension.iter_mut().for_each(put_names_into_package);
    file.message_type.iter_mut().for_each(put_message_into_package);
}

fn put_message_into_package(message: &mut DescriptorProto) {
    message.field.iter_mut().for_each(put_names_into_package);
    message.extension.iter_mut().for_each(put_names_into_package);
    message.nested_type.iter_mut().for_each(put_message_into_package);
}

fn put_names_into_package(field: &mut FieldDescriptorProto) {
    for name in field.type_name.iter_mut().chain(&mut field.extendee) {
        *name = format!(".{PACKAGE}{name}");
    }
}
