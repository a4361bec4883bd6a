use std::collections::HashMap;

use protobuf::descriptor::field_descriptor_proto::{Label, Type};
use protobuf::descriptor::{DescriptorProto, FieldDescriptorProto};

use super::super::source;
use super::super::wire::{LARGEST_NUMBER, wire_type};
use super::features::{Features, OF_FIELDS, OF_ONEOFS, Presence};
use super::{Definition, MessageSlot, Types};

/// The fields of a message, with its known extensions.
#[derive(Default)]
pub struct Fields {
    list: Vec<Field>,
    by_name: HashMap<String, usize>,
    by_number: HashMap<u32, usize>,
}

/// A field of a message.
pub struct Field {
    pub name: String,
    /// The name in JSON.
    pub json_name: String,
    pub number: u32,
    pub shape: Shape,
    pub kind: Kind,
    /// Its type, for people.
    pub shown: String,
    /// Whether it is not written when it has its default value.
    pub implicit: bool,
    pub required: bool,
    pub packed: bool,
    pub delimited: bool,
    /// The oneof that it is in.
    pub oneof: Option<Oneof>,
}

/// A oneof, by its index and name.
#[derive(Clone)]
pub struct Oneof {
    pub index: i32,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Single,
    Repeated,
    /// The message that stands for an entry is its kind.
    Map,
}

/// What the value of a field is.
#[derive(Debug)]
pub enum Kind {
    Scalar(Type),
    Message(usize),
    Enum(usize),
    /// Why it is not known.
    Unclear(String),
}

impl Kind {
    /// How one is on the wire, as the lowest bits of a tag; a message with its length.
    pub fn wire_type(&self) -> u32 {
        match self {
            Kind::Scalar(kind) => wire_type(*kind),
            Kind::Enum(_) => 0,
            Kind::Message(_) | Kind::Unclear(_) => 2,
        }
    }
}

impl Fields {
    pub(super) fn of(types: &Types, slot: &MessageSlot) -> Self {
        let message = types.message_proto(&slot.place);
        let mut fields = Fields::default();
        for proto in &message.field {
            let features = of_oneof(message, proto, slot.features);
            fields.add(Field::new(types, &slot.name, message, proto, features));
        }
        for extension in types.index.extensions(&slot.name) {
            let (none, proto) = (DescriptorProto::new(), extension.proto(&types.files));
            let mut field = Field::new(types, extension.scope(), &none, proto, extension.features);
            field.implicit = false;
            field.name = format!("[{}]", extension.name);
            field.json_name = field.name.clone();
            fields.add(field);
        }
        fields
    }

    fn add(&mut self, field: Field) {
        let index = self.list.len();
        for name in [&field.json_name, &field.name] {
            self.by_name.entry(name.clone()).or_insert(index);
        }
        self.by_number.entry(field.number).or_insert(index);
        self.list.push(field);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.list.iter()
    }

    /// A field by its name, in JSON or in the .proto file.
    pub fn named(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).map(|index| &self.list[*index])
    }

    pub fn numbered(&self, number: u32) -> Option<&Field> {
        self.by_number.get(&number).map(|index| &self.list[*index])
    }
}

fn of_oneof(message: &DescriptorProto, field: &FieldDescriptorProto, outer: Features) -> Features {
    let oneof = field.oneof_index.and_then(|index| usize::try_from(index).ok());
    match oneof.and_then(|index| message.oneof_decl.get(index)) {
        Some(oneof) => outer.within(oneof.options.as_ref(), OF_ONEOFS),
        None => outer,
    }
}

impl Field {
    fn new(
        types: &Types,
        scope: &str,
        message: &DescriptorProto,
        proto: &FieldDescriptorProto,
        outer: Features,
    ) -> Self {
        let features = outer.within(proto.options.as_ref(), OF_FIELDS);
        let kind = kind(types, scope, proto);
        let repeated = proto.label() == Label::LABEL_REPEATED;
        let shape = match (&kind, repeated) {
            (Kind::Message(entry), true) if is_map_entry(types, *entry) => Shape::Map,
            (_, true) => Shape::Repeated,
            (_, false) => Shape::Single,
        };
        let packable = match &kind {
            Kind::Scalar(kind) => !matches!(kind, Type::TYPE_STRING | Type::TYPE_BYTES),
            kind => matches!(kind, Kind::Enum(_)),
        };
        let group = proto.type_ == Some(Type::TYPE_GROUP.into());
        let has_presence = matches!(kind, Kind::Message(_)) || proto.oneof_index.is_some();
        let packed = proto.options.as_ref().and_then(|options| options.packed);
        let json_name = match proto.json_name() {
            "" => json_name(proto.name()),
            name => name.to_owned(),
        };
        Field {
            name: proto.name().to_owned(),
            json_name,
            number: u32::try_from(proto.number()).unwrap_or(0),
            shown: source::kind(types, proto),
            implicit: shape == Shape::Single
                && features.presence == Presence::Implicit
                && !has_presence,
            required: proto.label() == Label::LABEL_REQUIRED
                || shape == Shape::Single && features.presence == Presence::Required,
            packed: repeated && packable && packed.unwrap_or(features.packed),
            delimited: group || features.delimited && shape != Shape::Map,
            oneof: oneof(message, proto),
            shape,
            kind,
        }
    }

    /// Of a map: the type of its keys, and the fields of an entry.
    ///
    /// # Errors
    /// When it is not defined as a map is.
    pub fn entry<'a>(&self, types: &'a Types) -> Result<(Type, &'a Field, &'a Field), String> {
        let Kind::Message(entry) = self.kind else { return Err("it is not a map".to_owned()) };
        let entry = types.message(entry).fields();
        let wrong = || "the descriptors define it as a map with invalid keys or values".to_owned();
        let single = |number| entry.numbered(number).filter(|it| it.shape == Shape::Single);
        let (key, value) = (single(1).ok_or_else(wrong)?, single(2).ok_or_else(wrong)?);
        match (&key.kind, &value.kind) {
            (_, Kind::Unclear(why)) => Err(why.clone()),
            (Kind::Scalar(Type::TYPE_DOUBLE | Type::TYPE_FLOAT | Type::TYPE_BYTES), _) => {
                Err(wrong())
            }
            (Kind::Scalar(kind), _) => Ok((*kind, key, value)),
            _ => Err(wrong()),
        }
    }
}

/// The oneof of a field, unless it only stands for `optional`.
fn oneof(message: &DescriptorProto, proto: &FieldDescriptorProto) -> Option<Oneof> {
    let index = proto.oneof_index.filter(|_| !proto.proto3_optional())?;
    let declared = usize::try_from(index).ok().and_then(|index| message.oneof_decl.get(index));
    let name = declared.map_or("", |oneof| oneof.name()).to_owned();
    Some(Oneof { index, name })
}

fn is_map_entry(types: &Types, message: usize) -> bool {
    let place = &types.index.messages[message].place;
    types.message_proto(place).options.get_or_default().map_entry()
}

fn kind(types: &Types, scope: &str, proto: &FieldDescriptorProto) -> Kind {
    match u32::try_from(proto.number()) {
        Ok(1..=LARGEST_NUMBER) => {}
        _ => return Kind::Unclear(format!("{} is not a field number", proto.number())),
    }
    let declared = match proto.type_.map(|kind| kind.enum_value()) {
        Some(Ok(Type::TYPE_MESSAGE | Type::TYPE_GROUP | Type::TYPE_ENUM)) | None => {
            proto.type_.and_then(|kind| kind.enum_value().ok())
        }
        Some(Ok(scalar)) => return Kind::Scalar(scalar),
        Some(Err(number)) => {
            return Kind::Unclear(format!("protobuf has no type with the number {number}"));
        }
    };
    let name = proto.type_name();
    match (types.index.resolve(scope, name), declared) {
        (Err(why), _) => Kind::Unclear(why),
        (Ok(Some(Definition::Enum(index))), Some(Type::TYPE_ENUM) | None) => Kind::Enum(index),
        (Ok(Some(Definition::Message(index))), declared) if declared != Some(Type::TYPE_ENUM) => {
            Kind::Message(index)
        }
        (Ok(Some(_)), _) => {
            Kind::Unclear(format!("`{name}` is an enum where a message belongs, or the reverse"))
        }
        (Ok(None), _) => {
            let name = name.trim_start_matches('.');
            Kind::Unclear(format!("the descriptors have no type `{name}`"))
        }
    }
}

/// The name in JSON of a field that has none of its own.
pub fn json_name(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut after_underscore = false;
    for c in name.chars() {
        match c {
            '_' => after_underscore = true,
            c if std::mem::take(&mut after_underscore) => json.push(c.to_ascii_uppercase()),
            c => json.push(c),
        }
    }
    json
}
