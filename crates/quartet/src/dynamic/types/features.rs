use protobuf::descriptor::FileDescriptorProto;
use protobuf::{Message, UnknownValueRef};

use super::super::wire::{Raw, Records};

/// What editions have as features, and proto2 and proto3 as their rules.
/// <https://protobuf.dev/editions/features/>
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features {
    pub presence: Presence,
    /// Whether enums have no values but those that are defined.
    pub closed: bool,
    /// Whether repeated numbers are written as one field.
    pub packed: bool,
    /// Whether messages are between two tags, as the groups of proto2 are.
    pub delimited: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Presence {
    Explicit,
    Implicit,
    Required,
}

/// The number of `features` in the options of each kind of definition.
pub const OF_FILES: u32 = 50;
pub const OF_MESSAGES: u32 = 12;
pub const OF_FIELDS: u32 = 21;
pub const OF_ONEOFS: u32 = 1;
pub const OF_ENUMS: u32 = 7;

impl Features {
    pub fn of_file(file: &FileDescriptorProto) -> Self {
        let (presence, closed, packed) = match file.syntax() {
            "" | "proto2" => (Presence::Explicit, true, false),
            "proto3" => (Presence::Implicit, false, true),
            _ => (Presence::Explicit, false, true),
        };
        let defaults = Features { presence, closed, packed, delimited: false };
        defaults.within(file.options.as_ref(), OF_FILES)
    }

    /// Those of a definition with these options, inside of one with these features.
    pub fn within(mut self, options: Option<&impl Message>, number: u32) -> Self {
        // The crate protobuf does not know the features.
        let fields = options.map(|options| options.special_fields().unknown_fields());
        let Some(UnknownValueRef::LengthDelimited(set)) = fields.and_then(|it| it.get(number))
        else {
            return self;
        };
        for record in Records::of(set).map_while(Result::ok) {
            match (record.number, record.value) {
                (1, Raw::Varint(1)) => self.presence = Presence::Explicit,
                (1, Raw::Varint(2)) => self.presence = Presence::Implicit,
                (1, Raw::Varint(3)) => self.presence = Presence::Required,
                (2, Raw::Varint(value)) => self.closed = value == 2,
                (3, Raw::Varint(value)) => self.packed = value == 1,
                (5, Raw::Varint(value)) => self.delimited = value == 2,
                _ => {}
            }
        }
        self
    }
}
