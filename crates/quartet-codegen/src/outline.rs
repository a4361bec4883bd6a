//! As little of all files as generating one of them takes.
//!
//! protobuf-codegen and grpcio-compiler look names up by walking through all files they have,
//! so a file is generated with outlines of others: the messages it names, without fields,
//! and the enums. It keeps the time linear.

use std::collections::{BTreeSet, HashMap, HashSet};

use protobuf::descriptor::descriptor_proto::ExtensionRange;
use protobuf::descriptor::field_descriptor_proto::Label;
use protobuf::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use crate::flatten::scope;

/// Flattened files, by what is in them.
pub struct Outlines<'a> {
    files: HashMap<&'a str, &'a FileDescriptorProto>,
    /// Where messages and enums are, by their full names.
    declared: HashMap<String, &'a FileDescriptorProto>,
    /// The messages that may lack a required field, their own or one further in.
    may_lack: HashSet<String>,
}

impl<'a> Outlines<'a> {
    pub fn new(files: &'a [FileDescriptorProto]) -> Self {
        let mut declared = HashMap::new();
        for file in files {
            each_message(&scope(file), &file.message_type, &mut |name, message| {
                for enumeration in &message.enum_type {
                    declared.insert(format!("{name}.{}", enumeration.name()), file);
                }
                declared.insert(name.to_owned(), file);
            });
            for enumeration in &file.enum_type {
                declared.insert(format!("{}.{}", scope(file), enumeration.name()), file);
            }
        }
        let may_lack = may_lack(files);
        Outlines {
            files: files.iter().map(|file| (file.name(), file)).collect(),
            declared,
            may_lack,
        }
    }

    /// The outlines of what a file imports, directly or because that imports it publicly.
    pub fn of_imports(&self, file: &FileDescriptorProto) -> Vec<FileDescriptorProto> {
        let mut names = BTreeSet::new();
        file.extension.iter().for_each(|field| add_names(field, &mut names));
        each_message("", &file.message_type, &mut |_, message| {
            message.field.iter().for_each(|field| add_names(field, &mut names));
            message.extension.iter().for_each(|field| add_names(field, &mut names));
        });
        let mut by_file: HashMap<&str, Vec<&str>> = HashMap::new();
        for name in names {
            if let Some(file) = self.declared.get(name) {
                by_file.entry(file.name()).or_default().push(name);
            }
        }
        let mut seen = HashSet::new();
        let mut outlines = Vec::new();
        let mut open: Vec<&str> = file.dependency.iter().map(String::as_str).collect();
        while let Some(import) = open.pop() {
            let Some(imported) = self.files.get(import).filter(|_| seen.insert(import)) else {
                continue;
            };
            let public = imported.public_dependency.iter();
            let public = public.map(|i| &imported.dependency[*i as usize]);
            open.extend(public.clone().map(String::as_str));
            let names = by_file.get(import).map_or(&[][..], Vec::as_slice);
            let mut outline = self.outline(imported, names);
            outline.dependency = public.cloned().collect();
            outline.public_dependency = (0..outline.dependency.len() as i32).collect();
            outlines.push(outline);
        }
        outlines
    }

    /// The outlines of the files that declare the messages of a file's methods.
    pub fn of_methods(&self, file: &FileDescriptorProto) -> Vec<FileDescriptorProto> {
        let methods = file.service.iter().flat_map(|service| &service.method);
        let names: BTreeSet<_> =
            methods.flat_map(|method| [method.input_type(), method.output_type()]).collect();
        let mut by_file: HashMap<&str, Vec<&str>> = HashMap::new();
        for name in names {
            if let Some(declaring) = self.declared.get(name).filter(|f| f.name() != file.name()) {
                by_file.entry(declaring.name()).or_default().push(name);
            }
        }
        let outline = |(file, names): (&str, Vec<&str>)| self.outline(self.files[file], &names);
        by_file.into_iter().map(outline).collect()
    }

    /// The outline of a file: what has these full names.
    fn outline(&self, file: &FileDescriptorProto, names: &[&str]) -> FileDescriptorProto {
        let mut outline = FileDescriptorProto {
            name: file.name.clone(),
            package: file.package.clone(),
            ..FileDescriptorProto::default()
        };
        let scope = scope(file);
        for name in names {
            let relative = name.strip_prefix(&scope).unwrap_or(name).trim_start_matches('.');
            let declared = (&file.message_type[..], &file.enum_type[..]);
            let into = (&mut outline.message_type, &mut outline.enum_type);
            self.add(declared, into, &scope, relative);
        }
        outline
    }

    /// Adds an enum or a message, and the messages it is in, to the outline of a scope.
    fn add(
        &self,
        (messages, enums): (&[DescriptorProto], &[EnumDescriptorProto]),
        (to_messages, to_enums): (&mut Vec<DescriptorProto>, &mut Vec<EnumDescriptorProto>),
        scope: &str,
        name: &str,
    ) {
        let (first, rest) = name.split_once('.').map_or((name, None), |(a, b)| (a, Some(b)));
        if let Some(found) = enums.iter().find(|e| rest.is_none() && e.name() == first) {
            to_enums.push(found.clone());
            return;
        }
        let Some(found) = messages.iter().find(|m| m.name() == first) else { return };
        let name = format!("{scope}.{first}");
        let at = to_messages.iter().position(|m| m.name() == first).unwrap_or_else(|| {
            to_messages.push(self.message(first, &name));
            to_messages.len() - 1
        });
        if let Some(rest) = rest {
            let into = &mut to_messages[at];
            let into = (&mut into.nested_type, &mut into.enum_type);
            self.add((&found.nested_type, &found.enum_type), into, &name, rest);
        }
    }

    fn message(&self, name: &str, full_name: &str) -> DescriptorProto {
        let mut message = DescriptorProto::new();
        message.set_name(name.to_owned());
        // Where a message can be extended, it is looked at before it is sent.
        if self.may_lack.contains(full_name) {
            let range =
                ExtensionRange { start: Some(1), end: Some(2), ..ExtensionRange::default() };
            message.extension_range.push(range);
        }
        message
    }
}

fn add_names<'a>(field: &'a FieldDescriptorProto, names: &mut BTreeSet<&'a str>) {
    names.extend(field.type_name.as_deref());
    names.extend(field.extendee.as_deref());
}

/// Calls a function with every message and its full name; of a scope, that of a file.
fn each_message<'a>(
    scope: &str,
    messages: &'a [DescriptorProto],
    f: &mut impl FnMut(&str, &'a DescriptorProto),
) {
    for message in messages {
        let name = format!("{scope}.{}", message.name());
        f(&name, message);
        each_message(&name, &message.nested_type, f);
    }
}

/// The messages that have required fields or can be extended, and those that have them in
/// a field.
fn may_lack(files: &[FileDescriptorProto]) -> HashSet<String> {
    let mut holders: HashMap<&str, Vec<String>> = HashMap::new();
    let mut open = Vec::new();
    for file in files {
        each_message(&scope(file), &file.message_type, &mut |name, message| {
            let mut fields = message.field.iter();
            if file.syntax() != "proto3"
                && (!message.extension_range.is_empty()
                    || fields.any(|field| field.label() == Label::LABEL_REQUIRED))
            {
                open.push(name.to_owned());
            }
            for field in message.field.iter().filter(|field| field.has_type_name()) {
                holders.entry(field.type_name()).or_default().push(name.to_owned());
            }
        });
    }
    let mut found = HashSet::new();
    while let Some(name) = open.pop() {
        if let Some(holders) = holders.get(name.as_str()).filter(|_| !found.contains(&name)) {
            open.extend(holders.iter().cloned());
        }
        found.insert(name);
    }
    found
}
