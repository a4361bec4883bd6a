//! Names of one file that protobuf-codegen makes valid Rust of.
//!
//! It gives its items no names but those it derives from a name in the proto file, and
//! doesn't look whether two are one: `clear_body` is what the method that clears `body` is
//! called. So such names are changed before, and changed back wherever generated code has
//! them as text (see `finish`). Which of two keeps its name, in this order: messages and
//! enums, as declared; fields, short ones first; oneofs.

use std::collections::{HashMap, HashSet};

use protobuf::descriptor::field_descriptor_proto::{Label, Type};
use protobuf::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use crate::names::{NEW_KEYWORDS, rust_ident, rust_module, rust_type};

/// The true names of what was renamed in a file, by the names it has now. No name of the
/// file is among the latter.
pub type TrueNames = HashMap<String, String>;

/// What Rust has names for, where no two may be one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Space {
    Type,
    Field,
    Method,
    /// Of the oneof, or enum, at an index.
    Variant(i32),
    Extension,
}

/// A name in a space.
type Claim = (Space, String);

/// The names that are taken somewhere.
#[derive(Default)]
pub struct Taken(HashSet<Claim>);

impl Taken {
    /// In a package: the module of extensions, when a file of it has any.
    pub fn in_package(has_extensions: bool) -> Self {
        let module = has_extensions.then(|| (Space::Type, "exts".to_owned()));
        Taken(module.into_iter().collect())
    }

    /// In a message: what every message has.
    fn in_message() -> Self {
        // The first two are in each `impl`; generated code calls the others on messages.
        let methods = [
            "new",
            "generated_message_descriptor_data",
            "is_initialized",
            "compute_size",
            "special_fields",
            "mut_special_fields",
            "merge_from",
            "write_to_with_cached_sizes",
        ];
        let methods = methods.map(|method| (Space::Method, method.to_owned()));
        let field = (Space::Field, "special_fields".to_owned());
        Taken(methods.into_iter().chain([field]).collect())
    }

    fn has(&self, claims: &[Claim]) -> bool {
        claims.iter().any(|claim| self.0.contains(claim))
    }
}

/// Renames what has to be renamed in a file of a package where some names are taken.
pub fn rename(file: &mut FileDescriptorProto, taken: &mut Taken) -> TrueNames {
    let mut renamer = Renamer {
        known: simple_names(file),
        true_names: TrueNames::new(),
        proto2: !matches!(file.syntax(), "proto3"),
        every_accessor: file.dependency.iter().any(|import| import.ends_with("rustproto.proto")),
    };
    renamer.types(&mut file.message_type, &mut file.enum_type, taken);
    let mut constants = Taken::default();
    for extension in &mut file.extension {
        renamer.name(&mut extension.name, &mut constants, |name| {
            vec![(Space::Extension, rust_ident(name))]
        });
    }
    file.message_type.iter_mut().for_each(|message| renamer.message(message));
    renamer.true_names
}

/// Whether a message has a module, of what is declared in it.
pub fn has_module(message: &DescriptorProto) -> bool {
    !message.enum_type.is_empty()
        || message.nested_type.iter().any(|nested| !nested.options.map_entry())
        || (0..message.oneof_decl.len()).any(|oneof| !is_synthetic(message, oneof as i32))
}

/// Whether a oneof is there for an optional field alone.
fn is_synthetic(message: &DescriptorProto, oneof: i32) -> bool {
    let mut fields = message.field.iter().filter(|field| field.oneof_index == Some(oneof));
    fields.all(FieldDescriptorProto::proto3_optional)
}

/// All names in a file, without those they are in.
fn simple_names(file: &FileDescriptorProto) -> HashSet<String> {
    fn of_messages(messages: &[DescriptorProto], names: &mut Vec<String>) {
        for message in messages {
            names.push(message.name().to_owned());
            let fields = message.field.iter().chain(&message.extension);
            names.extend(fields.map(|field| field.name().to_owned()));
            names.extend(message.oneof_decl.iter().map(|oneof| oneof.name().to_owned()));
            of_enums(&message.enum_type, names);
            of_messages(&message.nested_type, names);
        }
    }
    fn of_enums(enums: &[EnumDescriptorProto], names: &mut Vec<String>) {
        for enumeration in enums {
            names.push(enumeration.name().to_owned());
            names.extend(enumeration.value.iter().map(|value| value.name().to_owned()));
        }
    }
    let mut names: Vec<_> = file.extension.iter().map(|field| field.name().to_owned()).collect();
    of_messages(&file.message_type, &mut names);
    of_enums(&file.enum_type, &mut names);
    names.into_iter().collect()
}

struct Renamer {
    known: HashSet<String>,
    true_names: TrueNames,
    proto2: bool,
    /// Whether options may ask for more accessors than there are by themselves.
    every_accessor: bool,
}

impl Renamer {
    /// Takes what a name claims, which becomes another if that is not to be had.
    fn name(
        &mut self,
        name: &mut Option<String>,
        taken: &mut Taken,
        claims: impl Fn(&str) -> Vec<Claim>,
    ) {
        let true_name = name.clone().unwrap_or_default();
        let fits = |claims: &[Claim]| {
            let different: HashSet<_> = claims.iter().collect();
            different.len() == claims.len()
                && claims.iter().all(|(_, name)| !name.is_empty() && !begins_with_digit(name))
                && !taken.has(claims)
        };
        let unused = |name: &str| {
            !self.known.contains(name)
                && self.true_names.get(name).is_none_or(|known| *known == true_name)
        };
        let mut others = candidates(&true_name).filter(|other| unused(other));
        // There is no end to the others.
        let renamed = (!fits(&claims(&true_name)))
            .then(|| others.find(|other| fits(&claims(other))).unwrap_or_default());
        drop(others);
        taken.0.extend(claims(renamed.as_ref().unwrap_or(&true_name)));
        if let Some(renamed) = renamed {
            self.true_names.insert(renamed.clone(), true_name);
            *name = Some(renamed);
        }
    }

    fn types(
        &mut self,
        messages: &mut [DescriptorProto],
        enums: &mut [EnumDescriptorProto],
        taken: &mut Taken,
    ) {
        for message in messages.iter_mut().filter(|message| !message.options.map_entry()) {
            let has_module = has_module(message);
            self.name(&mut message.name, taken, |name| {
                let module = has_module.then(|| rust_module(name));
                let names = [rust_type(name)].into_iter().chain(module);
                names.map(|name| (Space::Type, name)).collect()
            });
        }
        for enumeration in enums {
            self.name(&mut enumeration.name, taken, |name| vec![(Space::Type, rust_type(name))]);
            let mut variants = Taken::default();
            for value in &mut enumeration.value {
                self.name(&mut value.name, &mut variants, |name| {
                    vec![(Space::Variant(0), rust_ident(name))]
                });
            }
        }
    }

    fn message(&mut self, message: &mut DescriptorProto) {
        let mut taken = Taken::in_message();
        self.types(&mut message.nested_type, &mut message.enum_type, &mut taken);
        let synthetic: Vec<_> =
            (0..message.oneof_decl.len() as i32).map(|i| is_synthetic(message, i)).collect();
        let mut fields: Vec<_> = message.field.iter_mut().collect();
        fields.sort_by_key(|field| field.name().len());
        for field in fields {
            let oneof = field.oneof_index.filter(|index| !synthetic[*index as usize]);
            let accessors = self.accessors(field, oneof.is_some());
            self.name(&mut field.name, &mut taken, |name| {
                let variant = oneof.map(|index| (Space::Variant(index), variant(name)));
                let methods =
                    accessors.iter().map(|prefix| (Space::Method, accessor(prefix, name)));
                let field = (Space::Field, rust_ident(name));
                methods.chain(variant).chain([field]).collect()
            });
        }
        for (oneof, _) in message.oneof_decl.iter_mut().zip(synthetic).filter(|(_, is)| !is) {
            self.name(&mut oneof.name, &mut taken, |name| {
                vec![(Space::Field, rust_ident(name)), (Space::Type, rust_type(name))]
            });
        }
        message.nested_type.iter_mut().for_each(|nested| self.message(nested));
    }

    /// What the methods for a field have before its name.
    fn accessors(&self, field: &FieldDescriptorProto, in_oneof: bool) -> &'static [&'static str] {
        let repeated = field.label() == Label::LABEL_REPEATED;
        let has_default = self.proto2 && !repeated && field.type_() != Type::TYPE_MESSAGE;
        let copied = !matches!(
            field.type_(),
            Type::TYPE_STRING | Type::TYPE_BYTES | Type::TYPE_MESSAGE | Type::TYPE_GROUP
        );
        match (in_oneof || has_default, copied) {
            _ if self.every_accessor => &["", "clear_", "has_", "set_", "mut_", "take_"],
            (false, _) => &[],
            (true, true) => &["", "clear_", "has_", "set_"],
            (true, false) => &["", "clear_", "has_", "set_", "mut_", "take_"],
        }
    }
}

/// Names to have instead: the third kind changes every name that Rust's is derived from.
fn candidates(name: &str) -> impl Iterator<Item = String> {
    (1..).flat_map(move |n| {
        let underscores = "_".repeat(n);
        [
            format!("{name}{underscores}"),
            format!("{name}{}", n + 1),
            format!("x{underscores}{name}"),
        ]
    })
}

/// The name of an accessor. Of a keyword some have the underscore, and some don't.
fn accessor(prefix: &str, name: &str) -> String {
    match prefix {
        "" => rust_ident(name),
        "clear_" | "take_" if !NEW_KEYWORDS.contains(&name) => {
            format!("{prefix}{}", rust_ident(name))
        }
        _ => format!("{prefix}{name}"),
    }
}

/// The name of a oneof's variant.
fn variant(field: &str) -> String {
    rust_ident(&protobuf_parse::camel_case(field))
}

fn begins_with_digit(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
}
