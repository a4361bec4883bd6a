//! The messages for which JSON has a form of their own, known by their names.

pub mod mask;
pub mod time;

use protobuf::descriptor::field_descriptor_proto::Type;

use super::super::types::{Kind, Types};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known {
    Any,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,
    /// Of one value, in field 1.
    Wrapper(Type),
}

impl Known {
    pub fn named(message: &str) -> Option<Self> {
        Some(match message.strip_prefix("google.protobuf.")? {
            "Any" => Known::Any,
            "Timestamp" => Known::Timestamp,
            "Duration" => Known::Duration,
            "FieldMask" => Known::FieldMask,
            "Struct" => Known::Struct,
            "Value" => Known::Value,
            "ListValue" => Known::ListValue,
            "DoubleValue" => Known::Wrapper(Type::TYPE_DOUBLE),
            "FloatValue" => Known::Wrapper(Type::TYPE_FLOAT),
            "Int64Value" => Known::Wrapper(Type::TYPE_INT64),
            "UInt64Value" => Known::Wrapper(Type::TYPE_UINT64),
            "Int32Value" => Known::Wrapper(Type::TYPE_INT32),
            "UInt32Value" => Known::Wrapper(Type::TYPE_UINT32),
            "BoolValue" => Known::Wrapper(Type::TYPE_BOOL),
            "StringValue" => Known::Wrapper(Type::TYPE_STRING),
            "BytesValue" => Known::Wrapper(Type::TYPE_BYTES),
            _ => return None,
        })
    }
}

/// `Empty` has no form of its own, but some write it in an Any as if it had.
pub const EMPTY: &str = "google.protobuf.Empty";

/// The enum whose only value is `null`.
pub const NULL: &str = "google.protobuf.NullValue";

/// Whether `null` is a value of this kind, and not the lack of one.
pub fn takes_null(types: &Types, kind: &Kind) -> bool {
    match kind {
        Kind::Message(index) => Known::named(types.message(*index).name()) == Some(Known::Value),
        Kind::Enum(index) => types.enumeration(*index).name == NULL,
        _ => false,
    }
}

/// The name of the message in the type URL of an Any.
pub fn message_of(url: &str) -> Result<&str, String> {
    match url.rsplit_once('/') {
        Some((_, name)) if !name.is_empty() => Ok(name),
        _ => Err(format!(
            "`{url}` is not a type URL: write one such as type.googleapis.com/package.Message"
        )),
    }
}
