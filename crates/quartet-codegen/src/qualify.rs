//! Full names for the names that files use, by protoc's rules.
//!
//! protox looks a name up among all files it knows. So the package `a.b.c` of a file that is
//! not imported would hide the package `c` from one in `a.b`, and what compiles alone would
//! not in company.

use std::collections::{HashMap, HashSet};

use prost_types::uninterpreted_option::NamePart;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    ServiceDescriptorProto, UninterpretedOption,
};

/// What is declared in a file, by full names.
struct Declared {
    package: String,
    types: HashSet<String>,
    extensions: HashSet<String>,
}

/// Replaces the names of types and options in files, wherever they are found in the file
/// itself or one that it imports. What is not found is left for protox to complain of.
pub fn qualify(files: &mut [FileDescriptorProto]) {
    let declared: HashMap<String, Declared> =
        files.iter().map(|file| (file.name().to_owned(), Declared::of(file))).collect();
    let public = public_imports(files);
    for file in files {
        let mut names: Vec<&str> = file.dependency.iter().map(String::as_str).collect();
        let mut seen = HashSet::from([file.name()]);
        let mut visible: Vec<_> = declared.get(file.name()).into_iter().collect();
        while let Some(name) = names.pop() {
            if seen.insert(name) {
                visible.extend(declared.get(name));
                names.extend(public.get(name).into_iter().flatten().map(String::as_str));
            }
        }
        let scope = file.package().to_owned();
        Visible(visible).file(file, &scope);
    }
}

fn public_imports(files: &[FileDescriptorProto]) -> HashMap<String, Vec<String>> {
    let imports = files.iter().map(|file| {
        let public = file.public_dependency.iter();
        let public = public.filter_map(|i| file.dependency.get(*i as usize).cloned());
        (file.name().to_owned(), public.collect())
    });
    imports.collect()
}

impl Declared {
    fn of(file: &FileDescriptorProto) -> Self {
        let package = file.package().to_owned();
        let mut declared = Declared { package, types: HashSet::new(), extensions: HashSet::new() };
        let scope = declared.package.clone();
        declared.add(&scope, &file.message_type, &file.enum_type, &file.extension);
        declared
    }

    fn add(
        &mut self,
        scope: &str,
        messages: &[DescriptorProto],
        enums: &[EnumDescriptorProto],
        extensions: &[FieldDescriptorProto],
    ) {
        self.types.extend(enums.iter().map(|e| join(scope, e.name())));
        self.extensions.extend(extensions.iter().map(|e| join(scope, e.name())));
        for message in messages {
            let name = join(scope, message.name());
            self.add(&name, &message.nested_type, &message.enum_type, &message.extension);
            self.types.insert(name);
        }
    }
}

/// What a file may name.
struct Visible<'a>(Vec<&'a Declared>);

impl Visible<'_> {
    fn file(&self, file: &mut FileDescriptorProto, scope: &str) {
        self.options(file.options.as_mut().map(|o| &mut o.uninterpreted_option), scope);
        file.message_type.iter_mut().for_each(|message| self.message(message, scope));
        file.enum_type.iter_mut().for_each(|enumeration| self.enumeration(enumeration, scope));
        file.extension.iter_mut().for_each(|field| self.field(field, scope));
        file.service.iter_mut().for_each(|service| self.service(service, scope));
    }

    fn message(&self, message: &mut DescriptorProto, scope: &str) {
        let scope = &join(scope, message.name());
        self.options(message.options.as_mut().map(|o| &mut o.uninterpreted_option), scope);
        message.field.iter_mut().for_each(|field| self.field(field, scope));
        message.extension.iter_mut().for_each(|field| self.field(field, scope));
        message.nested_type.iter_mut().for_each(|nested| self.message(nested, scope));
        message.enum_type.iter_mut().for_each(|enumeration| self.enumeration(enumeration, scope));
        for oneof in &mut message.oneof_decl {
            self.options(oneof.options.as_mut().map(|o| &mut o.uninterpreted_option), scope);
        }
        for range in &mut message.extension_range {
            self.options(range.options.as_mut().map(|o| &mut o.uninterpreted_option), scope);
        }
    }

    fn enumeration(&self, enumeration: &mut EnumDescriptorProto, scope: &str) {
        let options = enumeration.options.as_mut();
        self.options(options.map(|o| &mut o.uninterpreted_option), scope);
        for value in &mut enumeration.value {
            self.options(value.options.as_mut().map(|o| &mut o.uninterpreted_option), scope);
        }
    }

    fn field(&self, field: &mut FieldDescriptorProto, scope: &str) {
        self.options(field.options.as_mut().map(|o| &mut o.uninterpreted_option), scope);
        self.type_name(&mut field.type_name, scope);
        self.type_name(&mut field.extendee, scope);
    }

    fn service(&self, service: &mut ServiceDescriptorProto, scope: &str) {
        self.options(service.options.as_mut().map(|o| &mut o.uninterpreted_option), scope);
        let scope = &join(scope, service.name());
        for method in &mut service.method {
            self.options(method.options.as_mut().map(|o| &mut o.uninterpreted_option), scope);
            self.type_name(&mut method.input_type, scope);
            self.type_name(&mut method.output_type, scope);
        }
    }

    fn options(&self, options: Option<&mut Vec<UninterpretedOption>>, scope: &str) {
        let parts = options.into_iter().flatten().flat_map(|option| &mut option.name);
        for NamePart { name_part, .. } in parts.filter(|part| part.is_extension) {
            let found = self.find(name_part, scope, |declared| &declared.extensions);
            if let Some(found) = found {
                *name_part = found;
            }
        }
    }

    fn type_name(&self, name: &mut Option<String>, scope: &str) {
        let found =
            name.as_ref().and_then(|name| self.find(name, scope, |declared| &declared.types));
        if found.is_some() {
            *name = found;
        }
    }

    /// The full name of what has a name in a scope, or in one around it. As protoc does it, it
    /// is the innermost scope that knows the first part of a name.
    fn find(
        &self,
        name: &str,
        scope: &str,
        of: impl Fn(&Declared) -> &HashSet<String>,
    ) -> Option<String> {
        if name.starts_with('.') {
            return None;
        }
        let first = name.split('.').next().filter(|first| *first != name);
        let knows = |scope: &&str| match first {
            Some(first) => self.has_inside(&join(scope, first)),
            None => self.0.iter().any(|declared| of(declared).contains(&join(scope, name))),
        };
        let full = join(around(scope).find(knows)?, name);
        self.0.iter().any(|declared| of(declared).contains(&full)).then(|| format!(".{full}"))
    }

    /// Whether something may be in what has a full name: a type or a package.
    fn has_inside(&self, name: &str) -> bool {
        self.0.iter().any(|declared| {
            let rest = declared.package.strip_prefix(name);
            declared.types.contains(name)
                || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

/// A scope, those it is in, and that of everything.
fn around(scope: &str) -> impl Iterator<Item = &str> {
    let outer = scope.rmatch_indices('.').map(|(at, _)| &scope[..at]);
    [scope].into_iter().chain(outer).chain((!scope.is_empty()).then_some(""))
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

#[cfg(test)]
mod tests {
    use protox::file::File;

    use super::*;

    #[test]
    fn only_what_is_imported_hides_something() {
        let parse = |(name, text)| {
            FileDescriptorProto::from(File::from_source(name, text).expect("it has no errors"))
        };
        let mut files = [
            ("core.proto", "package a.config; message Text {}"),
            ("other.proto", "package a.b.config; message Other {}"),
            ("one.proto", "package a.b.c; import \"core.proto\"; message M { optional config.Text t = 1; }"),
            ("two.proto", "package a.b.c; import \"core.proto\"; import \"other.proto\"; message N { optional config.Text t = 1; }"),
        ]
        .map(parse);
        qualify(&mut files);
        let name = |file: usize| files[file].message_type[0].field[0].type_name().to_owned();
        assert_eq!(name(2), ".a.config.Text");
        assert_eq!(name(3), "config.Text", "protoc doesn't find it, either");
    }

    #[test]
    fn options_have_their_full_names() {
        let text = "package a.b; message M { extend .google.protobuf.MessageOptions { optional int32 o = 50001; } option (M.o) = 1; option (b.M.o).x = 2; }";
        let file = File::from_source("m.proto", text).expect("it has no errors");
        let mut files = [FileDescriptorProto::from(file)];
        qualify(&mut files);
        let options = files[0].message_type[0].options.as_ref().expect("it has options");
        for option in &options.uninterpreted_option {
            assert_eq!(option.name[0].name_part, ".a.b.M.o");
        }
    }
}
