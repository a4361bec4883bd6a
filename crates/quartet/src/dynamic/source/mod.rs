//! Descriptors as the text of a .proto file.

mod element;
mod options;
mod writer;

use protobuf::descriptor::field_descriptor_proto::{Label, Type};
use protobuf::descriptor::{FieldDescriptorProto, FileDescriptorProto};

use super::types::Types;
use writer::Writer;

/// What a file of these types defines by this full name, as text.
pub fn describe(types: &Types, file: &FileDescriptorProto, symbol: &str) -> Option<String> {
    let relative = match file.package() {
        "" => symbol,
        package => symbol.strip_prefix(package)?.strip_prefix('.')?,
    };
    let names: Vec<_> = relative.split('.').collect();
    let (path, element) = element::find(element::of_file(file), &names)?;
    Some(Writer::new(types, file).write(&path, &element))
}

/// The type of a field, such as `repeated chat.Message`.
pub fn kind(types: &Types, field: &FieldDescriptorProto) -> String {
    if field.label() != Label::LABEL_REPEATED {
        return type_name(field);
    }
    match types.map_entry(field.type_name()) {
        Some(entry) => {
            let types: Vec<_> = entry.field.iter().map(type_name).collect();
            format!("map<{}>", types.join(", "))
        }
        None => format!("repeated {}", type_name(field)),
    }
}

fn type_name(field: &FieldDescriptorProto) -> String {
    let kind = match field.type_.map(|kind| kind.enum_value()) {
        None | Some(Ok(Type::TYPE_MESSAGE | Type::TYPE_ENUM | Type::TYPE_GROUP)) => {
            return field.type_name().trim_start_matches('.').to_owned();
        }
        Some(Ok(kind)) => kind,
        Some(Err(number)) => return format!("type_{number}"),
    };
    // Such as TYPE_INT32, which is what the type is called.
    format!("{kind:?}").trim_start_matches("TYPE_").to_lowercase()
}

/// A string as .proto files have it.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                c if c.is_control() => {
                    let mut buffer = [0; 4];
                    let bytes = c.encode_utf8(&mut buffer).bytes();
                    bytes.for_each(|byte| text.push_str(&format!("\\{byte:03o}")));
                }
                c => text.push(c),
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\{byte:03o}")));
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use protobuf::text_format::parse_from_str;

    use protobuf::descriptor::FileDescriptorProto;

    use super::super::Schema;

    fn describe(file: &FileDescriptorProto, symbol: &str) -> Option<String> {
        Schema::new([file.clone()]).unwrap().describe(symbol)
    }

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

    #[test]
    fn options_groups_and_names_in_json_are_kept() {
        let file = with_own_options(parse_from_str(OPTIONS).unwrap());
        let message = r#"message M {
  option deprecated = true;
  option (p.level) = HIGH;
  repeated group G = 1 {
    optional string name = 1;
  }
  optional bytes b = 2 [default = "\001\"", json_name = "bee", packed = false];
  extensions 100 to max;
}"#;
        assert_eq!(describe(&file, "p.M").as_deref(), Some(message));
        let method = "rpc Do(p.M) returns (stream p.M) {
  option deprecated = true;
  option (p.rule) = { get: \"/v1/{x}\", more: { get: \"/v2\" }, more: {} };
}";
        assert_eq!(describe(&file, "p.S.Do").as_deref(), Some(method));
        let level = "enum Level {\n  option allow_alias = true;\n  LOW = 0;\n  HIGH = 7 [deprecated = true];\n}";
        assert_eq!(describe(&file, "p.Level").as_deref(), Some(level));
    }

    /// Options of one's own, which the crate protobuf keeps as unknown fields.
    fn with_own_options(mut file: FileDescriptorProto) -> FileDescriptorProto {
        let rule = b"\x0a\x07/v1/{x}\x12\x05\x0a\x03/v2\x12\x00";
        let method = &mut file.service[0].method[0];
        let options = method.options.mut_or_insert_default();
        let fields = options.special_fields.mut_unknown_fields();
        fields.add_length_delimited(50001, rule.to_vec());
        let options = file.message_type[0].options.mut_or_insert_default();
        options.special_fields.mut_unknown_fields().add_varint(50002, 7);
        file
    }

    const OPTIONS: &str = r#"
        name: "p.proto" package: "p" syntax: "proto2"
        message_type {
            name: "M" options { deprecated: true }
            field { name: "g" number: 1 label: LABEL_REPEATED type: TYPE_GROUP type_name: ".p.M.G" }
            field {
                name: "b" number: 2 label: LABEL_OPTIONAL type: TYPE_BYTES
                default_value: "\\001\\\"" json_name: "bee" options { packed: false }
            }
            nested_type {
                name: "G" field { name: "name" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
            }
            extension_range { start: 100 end: 536870912 }
        }
        message_type {
            name: "Rule"
            field { name: "get" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
            field { name: "more" number: 2 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: "Rule" }
        }
        enum_type {
            name: "Level" options { allow_alias: true } value { name: "LOW" number: 0 }
            value { name: "HIGH" number: 7 options { deprecated: true } }
        }
        service {
            name: "S"
            method {
                name: "Do" input_type: ".p.M" output_type: ".p.M" server_streaming: true
                options { deprecated: true }
            }
        }
        extension {
            name: "rule" number: 50001 label: LABEL_OPTIONAL type: TYPE_MESSAGE
            type_name: ".p.Rule" extendee: ".google.protobuf.MethodOptions"
        }
        extension {
            name: "level" number: 50002 label: LABEL_OPTIONAL type: TYPE_ENUM
            type_name: ".p.Level" extendee: ".google.protobuf.MessageOptions"
        }
    "#;

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
