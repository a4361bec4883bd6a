//! The types that files define, for messages that are read and written without generated code.
//! Only what is used is understood: a field that can't be is an error when it is met.

mod enums;
mod features;
mod fields;
mod index;

use std::fmt;
use std::sync::{Arc, OnceLock};

use protobuf::descriptor::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};

pub use enums::EnumValues;
pub use fields::{Field, Fields, Kind, Shape, json_name};

use features::Features;
use index::{Definition, Index};

/// Files, and where in them each type is defined.
pub struct Types {
    files: Vec<Arc<FileDescriptorProto>>,
    index: Index,
}

/// Where a message or enum is: its file, the indices of the messages around it, and its own.
#[derive(Clone, Debug)]
struct Place {
    file: usize,
    path: Box<[usize]>,
}

struct MessageSlot {
    name: String,
    place: Place,
    features: Features,
    fields: OnceLock<Fields>,
}

struct EnumSlot {
    name: String,
    place: Place,
    features: Features,
    values: OnceLock<EnumValues>,
}

impl Types {
    /// Of files, the first of which with a name counts.
    ///
    /// # Errors
    /// When they define more than can be held.
    pub fn new(files: Vec<Arc<FileDescriptorProto>>) -> Result<Self, String> {
        let index = Index::of(&files)?;
        Ok(Types { files, index })
    }

    pub fn files(&self) -> impl Iterator<Item = &FileDescriptorProto> {
        self.files.iter().map(|file| &**file)
    }

    /// A message by its full name.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn message_named(&self, name: &str) -> Result<MessageRef<'_>, String> {
        match self.index.find(name)? {
            Some(Definition::Message(index)) => Ok(self.message(index)),
            _ => Err(format!("the descriptors have no message `{name}`")),
        }
    }

    /// What a name in the definition of a service means.
    ///
    /// # Errors
    /// As [`message_named`](Self::message_named).
    pub fn message_in(&self, service: &str, name: &str) -> Result<MessageRef<'_>, String> {
        match self.index.resolve(service, name)? {
            Some(Definition::Message(index)) => Ok(self.message(index)),
            _ => Err(format!("the descriptors have no message `{}`", name.trim_start_matches('.'))),
        }
    }

    pub fn message(&self, index: usize) -> MessageRef<'_> {
        MessageRef { types: self, index }
    }

    pub fn enumeration(&self, index: usize) -> &EnumValues {
        let slot = &self.index.enums[index];
        slot.values.get_or_init(|| EnumValues::new(self.enum_proto(slot), slot))
    }

    /// The message that stands for an entry of a map, if this is the name of one.
    pub fn map_entry(&self, name: &str) -> Option<&DescriptorProto> {
        let Some(Definition::Message(index)) = self.index.find(name.strip_prefix('.')?).ok()?
        else {
            return None;
        };
        let message = self.message_proto(&self.index.messages[index].place);
        message.options.get_or_default().map_entry().then_some(message)
    }

    /// The full names of the messages, except nested ones.
    pub fn outer_messages(&self) -> impl Iterator<Item = &str> {
        let outer = self.index.messages.iter().filter(|slot| slot.place.path.len() == 1);
        outer.map(|slot| slot.name.as_str())
    }

    fn message_proto(&self, place: &Place) -> &DescriptorProto {
        descend(&self.files[place.file], &place.path)
    }

    fn enum_proto(&self, slot: &EnumSlot) -> &EnumDescriptorProto {
        let Place { file, path } = &slot.place;
        match path.split_last() {
            Some((own, [])) => &self.files[*file].enum_type[*own],
            Some((own, around)) => &descend(&self.files[*file], around).enum_type[*own],
            None => unreachable!("an enum has a place"),
        }
    }
}

/// The message at these indices, of which there is at least one.
fn descend<'a>(file: &'a FileDescriptorProto, path: &[usize]) -> &'a DescriptorProto {
    let outer = &file.message_type[path[0]];
    path[1..].iter().fold(outer, |message, index| &message.nested_type[*index])
}

/// A message of a [`Types`].
#[derive(Clone, Copy)]
pub struct MessageRef<'a> {
    pub types: &'a Types,
    index: usize,
}

impl<'a> MessageRef<'a> {
    pub fn name(&self) -> &'a str {
        &self.types.index.messages[self.index].name
    }

    pub fn fields(&self) -> &'a Fields {
        let slot = &self.types.index.messages[self.index];
        slot.fields.get_or_init(|| Fields::of(self.types, slot))
    }

    pub fn to_type(self, types: &Arc<Types>) -> MessageType {
        MessageType { types: types.clone(), index: self.index }
    }
}

/// The type of a message, which a [`Schema`](super::Schema) knows.
#[derive(Clone)]
pub struct MessageType {
    types: Arc<Types>,
    index: usize,
}

impl MessageType {
    /// Its full name, such as `chat.Message`.
    pub fn name(&self) -> &str {
        self.view().name()
    }

    pub(super) fn view(&self) -> MessageRef<'_> {
        self.types.message(self.index)
    }
}

impl fmt::Debug for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MessageType").field(&self.name()).finish()
    }
}
