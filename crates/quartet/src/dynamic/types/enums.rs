use std::collections::HashMap;

use protobuf::descriptor::EnumDescriptorProto;

use super::EnumSlot;

/// The values of an enum, which may have several names each.
pub struct EnumValues {
    pub name: String,
    /// Whether there are no values but those that are defined.
    pub closed: bool,
    /// The value of a field that has none.
    pub default: i32,
    numbers: HashMap<String, i32>,
    names: HashMap<i32, String>,
}

impl EnumValues {
    pub(super) fn new(proto: &EnumDescriptorProto, slot: &EnumSlot) -> Self {
        let mut values = EnumValues {
            name: slot.name.clone(),
            closed: slot.features.closed,
            default: proto.value.first().map_or(0, |value| value.number()),
            numbers: HashMap::new(),
            names: HashMap::new(),
        };
        for value in &proto.value {
            let (name, number) = (value.name().to_owned(), value.number());
            values.names.entry(number).or_insert_with(|| name.clone());
            values.numbers.entry(name).or_insert(number);
        }
        values
    }

    /// The value with this name, which may be an alias.
    pub fn number(&self, name: &str) -> Option<i32> {
        self.numbers.get(name).copied()
    }

    /// The first name of a value.
    pub fn name_of(&self, number: i32) -> Option<&str> {
        self.names.get(&number).map(String::as_str)
    }

    /// All names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.numbers.keys().map(String::as_str)
    }
}
