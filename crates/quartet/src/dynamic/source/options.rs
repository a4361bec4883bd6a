use protobuf::Message;
use protobuf::descriptor::field_descriptor_proto::Type;

use super::super::types::{Kind, MessageRef, Types};
use super::super::wire::{DEEPEST, Raw, Records, unpacked};
use super::quoted;

/// The options of a definition, such as `deprecated = true` or `(google.api.http) = {...}`. What
/// the types don't know has its number as its name.
pub fn written<M: Message>(types: &Types, options: Option<&M>) -> Vec<String> {
    let Some(bytes) = options.and_then(|options| options.write_to_bytes().ok()) else {
        return Vec::new();
    };
    let message = types.message_named(&format!("google.protobuf.{}", M::NAME)).ok();
    let mut fields: Vec<_> = values(types, message, &bytes, 0);
    fields.sort_by_key(|field| field.number);
    let name = |name: &str| match name.strip_prefix('[') {
        Some(extension) => format!("({})", extension.trim_end_matches(']')),
        None => name.to_owned(),
    };
    fields.iter().map(|field| format!("{} = {}", name(&field.name), field.value)).collect()
}

struct Written {
    number: u32,
    name: String,
    value: String,
}

/// Every value of every field; what is malformed ends them.
fn values(
    types: &Types,
    message: Option<MessageRef<'_>>,
    bytes: &[u8],
    depth: usize,
) -> Vec<Written> {
    let mut all = Vec::new();
    for record in Records::of(bytes).map_while(Result::ok) {
        let number = record.number;
        let field = message.and_then(|message| message.fields().numbered(number));
        let name = field.map_or(number.to_string(), |field| field.name.clone());
        let kind = field.map(|field| &field.kind);
        let wire = kind.map_or(2, Kind::wire_type);
        for value in unpacked(wire, record.value).map_while(Result::ok) {
            let value = value_of(types, kind, value, depth);
            all.push(Written { number, name: name.clone(), value });
        }
    }
    all
}

fn value_of(types: &Types, kind: Option<&Kind>, value: Raw<'_>, depth: usize) -> String {
    let inner = |message, bytes| {
        let fields = values(types, message, bytes, depth + 1);
        let fields: Vec<_> = fields.iter().map(|it| format!("{}: {}", it.name, it.value)).collect();
        match fields.is_empty() {
            true => "{}".to_owned(),
            false => format!("{{ {} }}", fields.join(", ")),
        }
    };
    match (kind, value) {
        (Some(Kind::Message(index)), Raw::Bytes(bytes) | Raw::Group(bytes)) if depth < DEEPEST => {
            inner(Some(types.message(*index)), bytes)
        }
        (Some(Kind::Enum(index)), Raw::Varint(number)) => {
            let name = types.enumeration(*index).name_of(number as i32);
            name.map_or((number as i32).to_string(), str::to_owned)
        }
        (Some(Kind::Scalar(kind)), value) => scalar(*kind, value),
        (_, Raw::Group(bytes)) if depth < DEEPEST => inner(None, bytes),
        (_, Raw::Varint(number)) => number.to_string(),
        (_, Raw::Fixed64(bits)) => format!("0x{bits:016x}"),
        (_, Raw::Fixed32(bits)) => format!("0x{bits:08x}"),
        (_, Raw::Bytes(bytes) | Raw::Group(bytes)) => quoted(bytes),
    }
}

fn scalar(kind: Type, value: Raw<'_>) -> String {
    let zigzag = |value: u64| (value >> 1) as i64 ^ -((value & 1) as i64);
    match (kind, value) {
        (Type::TYPE_BOOL, Raw::Varint(value)) => (value != 0).to_string(),
        (Type::TYPE_INT32 | Type::TYPE_INT64, Raw::Varint(value)) => (value as i64).to_string(),
        (Type::TYPE_SINT32 | Type::TYPE_SINT64, Raw::Varint(value)) => zigzag(value).to_string(),
        (Type::TYPE_DOUBLE, Raw::Fixed64(bits)) => float(f64::from_bits(bits)),
        (Type::TYPE_FLOAT, Raw::Fixed32(bits)) => float(f32::from_bits(bits)),
        (Type::TYPE_SFIXED64, Raw::Fixed64(bits)) => (bits as i64).to_string(),
        (Type::TYPE_SFIXED32, Raw::Fixed32(bits)) => (bits as i32).to_string(),
        (_, Raw::Varint(value) | Raw::Fixed64(value)) => value.to_string(),
        (_, Raw::Fixed32(value)) => value.to_string(),
        (_, Raw::Bytes(bytes) | Raw::Group(bytes)) => quoted(bytes),
    }
}

/// As .proto files have it: `inf` and `nan` are words there.
fn float(number: impl std::fmt::Debug) -> String {
    format!("{number:?}").to_lowercase()
}
