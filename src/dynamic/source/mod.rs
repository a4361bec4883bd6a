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
