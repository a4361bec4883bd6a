//! Where the Rust types of messages are.

use std::collections::HashMap;

use protobuf::descriptor::{DescriptorProto, FileDescriptorProto};

use crate::builtin;
use crate::flatten::module_of;
use crate::names;

/// The Rust types of all messages, by their full protobuf names (`.chat.Message`).
pub struct Types(HashMap<String, Type>);

/// The Rust type of a message, as protobuf-codegen names it.
#[derive(Clone)]
pub struct Type {
    /// An absolute path, or one relative to the module of all files.
    path: String,
    /// Whether grpcio-compiler would name it otherwise.
    pub grpcio_differs: bool,
}

impl Type {
    /// The path to it in a module that knows the module of all files as `files`.
    pub fn path(&self, files: &str) -> String {
        if self.path.starts_with("::") {
            self.path.clone()
        } else {
            format!("{files}::{}", self.path)
        }
    }
}

impl Types {
    /// The messages of flattened files.
    pub fn new(files: &[FileDescriptorProto]) -> Self {
        let mut types = Types(HashMap::new());
        for file in files {
            let module = builtin::of_flat(file).map_or(module_of(file), |b| b.module);
            let package = match file.package() {
                "" => String::new(),
                package => format!(".{package}"),
            };
            types.add(&package, module, &file.message_type, false);
        }
        types
    }

    /// The type of a message, if there is such a message.
    pub fn get(&self, message: &str) -> Option<&Type> {
        self.0.get(message)
    }

    fn add(&mut self, scope: &str, module: &str, messages: &[DescriptorProto], nested: bool) {
        for message in messages {
            let name = format!("{scope}.{}", message.name());
            let rust = names::rust_type(message.name());
            let inner = names::rust_module(message.name());
            self.add(&name, &format!("{module}::{inner}"), &message.nested_type, true);
            let found = Type {
                grpcio_differs: nested || rust != message.name(),
                path: format!("{module}::{rust}"),
            };
            self.0.insert(name, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str, nested: Vec<DescriptorProto>) -> DescriptorProto {
        let mut message = DescriptorProto::new();
        message.set_name(name.to_owned());
        message.nested_type = nested;
        message
    }

    #[test]
    fn types_are_where_protobuf_codegen_puts_them() {
        let mut file = FileDescriptorProto::new();
        file.set_name("a_kw.proto".to_owned());
        file.set_package("a.b".to_owned());
        file.message_type = vec![
            message("Type", vec![message("Inner", vec![])]),
            message("lower", vec![]),
            message("Self", vec![]),
        ];
        let mut empty = FileDescriptorProto::new();
        empty.set_name("empty.proto".to_owned());
        empty.set_package("google.protobuf".to_owned());
        empty.message_type = vec![message("Empty", vec![])];
        let types = Types::new(&[file, empty]);
        for (name, path, grpcio_differs) in [
            (".a.b.Type", "super::files::a_kw::Type", false),
            (".a.b.Type.Inner", "super::files::a_kw::type_::Inner", true),
            (".a.b.lower", "super::files::a_kw::Lower", true),
            (".a.b.Self", "super::files::a_kw::Self_", true),
            (".google.protobuf.Empty", "::protobuf::well_known_types::empty::Empty", false),
        ] {
            let found = types.get(name).expect(name);
            assert_eq!(found.path("super::files"), path);
            assert_eq!(found.grpcio_differs, grpcio_differs, "{name}");
        }
        assert!(types.get(".a.b.Missing").is_none());
    }
}
