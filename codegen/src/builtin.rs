//! The files that come with the `protobuf` crate: they are never generated.

/// A file whose messages are in the `protobuf` crate.
pub struct Builtin {
    /// The file's name, as it is imported.
    pub file: &'static str,
    /// The module of its messages.
    pub module: &'static str,
    /// The name that stubs of grpcio-compiler have for that module.
    pub alias: &'static str,
}

macro_rules! well_known {
    ($($file:literal $module:ident $alias:ident)*) => {
        &[$(Builtin {
            file: concat!("google/protobuf/", $file, ".proto"),
            module: concat!("::protobuf::well_known_types::", stringify!($module)),
            alias: stringify!($alias),
        },)*
        Builtin {
            file: "google/protobuf/descriptor.proto",
            module: "::protobuf::descriptor",
            alias: "descriptor",
        },
        Builtin {
            file: "rustproto.proto",
            module: "::protobuf::rustproto",
            alias: "rustproto",
        }]
    };
}

/// All of them.
pub const BUILTINS: &[Builtin] = well_known! {
    "any" any any
    "api" api api
    "duration" duration duration
    "empty" empty empty
    "field_mask" field_mask field_mask
    "source_context" source_context source_context
    "struct" struct_ struct_pb
    "timestamp" timestamp timestamp
    "type" type_ type_pb
    "wrappers" wrappers wrappers
};

/// The built-in file of a name.
pub fn find(file: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.file == file)
}
