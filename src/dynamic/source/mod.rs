//! Descriptors as the text of a .proto file.

mod element;
mod writer;

use protobuf::descriptor::field_descriptor_proto::{Label, Type};
use protobuf::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use writer::Writer;

/// What a file defines by this full name, as text.
pub fn describe(file: &FileDescriptorProto, symbol: &str) -> Option<String> {
    let relative = match file.package() {
        "" => symbol,
        package => symbol.strip_prefix(package)?.strip_prefix('.')?,
    };
    let names: Vec<_> = relative.split('.').collect();
    let (path, element) = element::find(element::of_file(file), &names)?;
    Some(Writer::new(file).write(&path, &element))
}

/// The type of a field of a message, such as `repeated chat.Message`.
pub fn kind(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    if let Some(entry) = map_entry(message, field) {
        let types: Vec<_> = entry.field.iter().map(type_name).collect();
        return format!("map<{}>", types.join(", "));
    }
    match field.label() {
        Label::LABEL_REPEATED => format!("repeated {}", type_name(field)),
        _ => type_name(field).to_owned(),
    }
}

/// The message that stands for an entry of a map, if the field is one.
fn map_entry<'a>(
    message: &'a DescriptorProto,
    field: &FieldDescriptorProto,
) -> Option<&'a DescriptorProto> {
    let name = field.type_name().rsplit('.').next()?;
    let entry = message.nested_type.iter().find(|nested| nested.name() == name)?;
    (field.label() == Label::LABEL_REPEATED && is_map_entry(entry)).then_some(entry)
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.get_or_default().map_entry()
}

fn type_name(field: &FieldDescriptorProto) -> &str {
    match field.type_() {
        Type::TYPE_DOUBLE => "double",
        Type::TYPE_FLOAT => "float",
        Type::TYPE_INT64 => "int64",
        Type::TYPE_UINT64 => "uint64",
        Type::TYPE_INT32 => "int32",
        Type::TYPE_FIXED64 => "fixed64",
        Type::TYPE_FIXED32 => "fixed32",
        Type::TYPE_BOOL => "bool",
        Type::TYPE_STRING => "string",
        Type::TYPE_BYTES => "bytes",
        Type::TYPE_UINT32 => "uint32",
        Type::TYPE_SFIXED32 => "sfixed32",
        Type::TYPE_SFIXED64 => "sfixed64",
        Type::TYPE_SINT32 => "sint32",
        Type::TYPE_SINT64 => "sint64",
        Type::TYPE_MESSAGE | Type::TYPE_ENUM | Type::TYPE_GROUP => {
            field.type_name().trim_start_matches('.')
        }
    }
}

#[cfg(test)]
mod tests {
    use protobuf::text_format::parse_from_str;

    use super::describe;

    #[test]
    fn definitions_have_their_comments_labels_and_scopes() {
        let file = parse_from_str(FILE).unwrap();
        let message = "\
// The outer.
message Outer {
  enum Kind {
    OLD = 0;
    reserved 5 to 7;
  }
  required string name = 1 [default = \"x\"];
  // One of
  // two.
  oneof either {
    int32 a = 2;
    bytes b = 3 [deprecated = true];
  }
  repeated p.Outer.Kind kinds = 4;
  extensions 100 to 199;
  reserved 9;
  reserved \"gone\";
}";
        assert_eq!(describe(&file, "p.Outer").as_deref(), Some(message));
        assert_eq!(describe(&file, "p.Outer.OLD").as_deref(), Some("OLD = 0;"));
        let field = "bytes b = 3 [deprecated = true];";
        assert_eq!(describe(&file, "p.Outer.b").as_deref(), Some(field));
        let extension = "extend p.Outer {\n  optional int32 more = 100;\n}";
        assert_eq!(describe(&file, "p.more").as_deref(), Some(extension));
        assert_eq!(describe(&file, "p.Nothing"), None);
        assert_eq!(describe(&file, "q.Outer"), None);
    }

    const FILE: &str = r#"
        name: "p.proto" package: "p" syntax: "proto2"
        message_type {
            name: "Outer"
            field { name: "name" number: 1 label: LABEL_REQUIRED type: TYPE_STRING default_value: "x" }
            field { name: "a" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 oneof_index: 0 }
            field {
                name: "b" number: 3 label: LABEL_OPTIONAL type: TYPE_BYTES oneof_index: 0
                options { deprecated: true }
            }
            field {
                name: "kinds" number: 4 label: LABEL_REPEATED type: TYPE_ENUM
                type_name: ".p.Outer.Kind"
            }
            enum_type {
                name: "Kind" value { name: "OLD" number: 0 } reserved_range { start: 5 end: 7 }
            }
            oneof_decl { name: "either" }
            extension_range { start: 100 end: 200 }
            reserved_range { start: 9 end: 10 }
            reserved_name: "gone"
        }
        extension {
            name: "more" number: 100 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: ".p.Outer"
        }
        source_code_info {
            location { path: 4 path: 0 leading_comments: " The outer.\n" }
            location { path: 4 path: 0 path: 8 path: 0 leading_comments: " One of\n two.\n" }
        }
    "#;
}
