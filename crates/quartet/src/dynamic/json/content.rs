//! What the bytes of a message have in its fields.

use std::borrow::Cow;
use std::collections::HashMap;

use protobuf::descriptor::field_descriptor_proto::Type;

use super::super::types::{Field, Kind, MessageRef, Shape};
use super::super::wire::{Raw, Records, wire_type};
use super::fault::Fault;

/// The values of each field of a message, in their order.
type Values<'b> = HashMap<u32, Vec<Raw<'b>>>;

/// The fields that a message has; of a oneof only the last one.
pub fn values<'b>(message: MessageRef<'_>, bytes: &'b [u8]) -> Result<Values<'b>, Fault> {
    let (mut values, mut oneofs) = (Values::new(), HashMap::new());
    for record in Records::of(bytes) {
        let record = record?;
        let Some(field) = message.fields().numbered(record.number) else { continue };
        if !fits(message, field, record.value) {
            continue;
        }
        if let Some(oneof) = &field.oneof {
            match oneofs.insert(oneof.index, field.number) {
                Some(other) if other != field.number => _ = values.remove(&other),
                _ => {}
            }
        }
        values.entry(field.number).or_default().push(record.value);
    }
    Ok(values)
}

/// Whether the wire has a value of this field, and not one of a field that has its number.
fn fits(message: MessageRef<'_>, field: &Field, value: Raw<'_>) -> bool {
    let expected = match &field.kind {
        Kind::Unclear(_) => return true,
        Kind::Message(_) if field.delimited => 3,
        kind => kind.wire_type(),
    };
    let found = match value {
        Raw::Varint(_) => 0,
        Raw::Fixed64(_) => 1,
        Raw::Bytes(_) => 2,
        Raw::Group(_) => 3,
        Raw::Fixed32(_) => 5,
    };
    let closed = |index: usize| {
        let values = message.types.enumeration(index);
        let Raw::Varint(number) = value else { return false };
        values.closed && values.name_of(number as i32).is_none()
    };
    match field.kind {
        // What a closed enum does not have, is not there.
        Kind::Enum(index) if found == 0 && closed(index) => false,
        _ => found == expected || found == 2 && field.shape == Shape::Repeated && expected != 3,
    }
}

/// The bytes of a message whose parts are to be merged.
pub fn merged<'b>(values: &[Raw<'b>]) -> Cow<'b, [u8]> {
    let bytes = |value: &Raw<'b>| match value {
        Raw::Bytes(bytes) | Raw::Group(bytes) => *bytes,
        _ => &[],
    };
    match values {
        [one] => bytes(one).into(),
        several => several.iter().map(bytes).collect::<Vec<_>>().concat().into(),
    }
}

pub fn is_default(value: &Raw<'_>) -> bool {
    matches!(value, Raw::Varint(0) | Raw::Fixed64(0) | Raw::Fixed32(0) | Raw::Bytes([]))
}

pub fn default_of(kind: Type) -> Raw<'static> {
    match wire_type(kind) {
        1 => Raw::Fixed64(0),
        2 => Raw::Bytes(&[]),
        5 => Raw::Fixed32(0),
        _ => Raw::Varint(0),
    }
}
