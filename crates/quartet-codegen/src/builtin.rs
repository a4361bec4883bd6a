//! The files that come with the `protobuf` crate: they are never generated.

use protobuf::descriptor::FileDescriptorProto;
use protobuf::reflect::FileDescriptor;

/// A file whose messages are in the `protobuf` crate.
pub struct Builtin {
    /// The file's name, as it is imported.
    pub file: &'static str,
    /// The module of its messages.
    pub module: &'static str,
    /// The name that stubs of grpcio-compiler have for that module, and we in that of all
    /// files.
    pub alias: &'static str,
    /// What the crate has of it.
    descriptor: fn() -> &'static FileDescriptor,
}

macro_rules! builtins {
    ($($file:literal $($module:ident)::+ as $alias:ident,)*) => {
        &[$(Builtin {
            file: $file,
            module: concat!("::protobuf", $("::", stringify!($module)),+),
            alias: stringify!($alias),
            descriptor: protobuf::$($module)::+::file_descriptor,
        }),*]
    };
}

/// All of them.
pub const BUILTINS: &[Builtin] = builtins! {
    "google/protobuf/any.proto" well_known_types::any as any,
    "google/protobuf/api.proto" well_known_types::api as api,
    "google/protobuf/duration.proto" well_known_types::duration as duration,
    "google/protobuf/empty.proto" well_known_types::empty as empty,
    "google/protobuf/field_mask.proto" well_known_types::field_mask as field_mask,
    "google/protobuf/source_context.proto" well_known_types::source_context as source_context,
    "google/protobuf/struct.proto" well_known_types::struct_ as struct_pb,
    "google/protobuf/timestamp.proto" well_known_types::timestamp as timestamp,
    "google/protobuf/type.proto" well_known_types::type_ as type_pb,
    "google/protobuf/wrappers.proto" well_known_types::wrappers as wrappers,
    "google/protobuf/descriptor.proto" descriptor as descriptor,
    "google/protobuf/compiler/plugin.proto" plugin as plugin,
    "rustproto.proto" rustproto as rustproto,
};

/// Whether a file is there without being in an include.
pub fn comes_along(file: &str) -> bool {
    BUILTINS.iter().any(|builtin| builtin.file == file)
}

/// The built-in file that a file is: by its name, or, under another path, by its package,
/// the last part of its name and what is in it.
pub fn find(file: &FileDescriptorProto) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.file == file.name() || builtin.is_elsewhere(file))
}

/// The built-in file of a flattened file.
pub fn of_flat(file: &FileDescriptorProto) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| {
        file.name().strip_suffix(".proto").is_some_and(|module| module == builtin.alias)
    })
}

impl Builtin {
    fn is_elsewhere(&self, file: &FileDescriptorProto) -> bool {
        let last = |name: &str| name.rsplit('/').next().map(str::to_owned);
        let ours = (self.descriptor)().proto();
        last(file.name()) == last(self.file)
            && file.package() == ours.package()
            && file.message_type.iter().all(|message| self.has(message.name()))
            && file.enum_type.iter().all(|enumeration| self.has(enumeration.name()))
    }

    /// Whether the crate has the message or enum with a name relative to the package.
    pub fn has(&self, name: &str) -> bool {
        let file = (self.descriptor)();
        file.message_by_package_relative_name(name).is_some()
            || file.enum_by_package_relative_name(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, package: &str, message: &str) -> Option<&'static str> {
        let mut file = FileDescriptorProto::new();
        file.set_name(name.to_owned());
        file.set_package(package.to_owned());
        file.message_type.push(Default::default());
        file.message_type[0].set_name(message.to_owned());
        find(&file).map(|builtin| builtin.alias)
    }

    #[test]
    fn a_well_known_file_may_be_elsewhere() {
        for (name, package, message, expected) in [
            ("google/protobuf/any.proto", "google.protobuf", "Any", Some("any")),
            ("third_party/any.proto", "google.protobuf", "Any", Some("any")),
            ("third_party/any.proto", "google.protobuf", "Other", None),
            ("third_party/any.proto", "mine", "Any", None),
            ("third_party/type.proto", "google.protobuf", "Type", Some("type_pb")),
        ] {
            assert_eq!(found(name, package, message), expected, "{name} {package} {message}");
        }
    }
}
