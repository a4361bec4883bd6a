//! A message's fields, written as JSON while they are read.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::super::types::{EnumValues, Field, Kind, MessageRef, Shape};
use super::super::wire::{DEEPEST, Malformed, Raw, unpacked};
use super::content::{default_of, is_default, merged, values};
use super::fault::Fault;
use super::known::{Known, NULL};

/// How long the JSON of a message may be: the names of fields and values make it longer than the
/// message, and whoever sent that may have chosen them, too.
const LONGEST: usize = 256 << 20;

/// Writes one message.
#[derive(Default)]
pub struct Printer {
    pub out: String,
}

pub fn fault(why: impl Into<String>) -> Fault {
    Fault::new(0, why)
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        fault(malformed.to_string())
    }
}

impl Printer {
    /// `depth` is how many messages are around this one.
    pub fn message(
        &mut self,
        message: MessageRef<'_>,
        bytes: &[u8],
        depth: usize,
    ) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(Malformed::Deep.into());
        }
        match Known::named(message.name()) {
            Some(known) => self.known(known, message, bytes, depth),
            None => {
                self.out.push('{');
                self.fields(message, bytes, depth)?;
                self.out.push('}');
                Ok(())
            }
        }
    }

    /// The fields as members of an object, which may have others before.
    pub fn fields(
        &mut self,
        message: MessageRef<'_>,
        bytes: &[u8],
        depth: usize,
    ) -> Result<(), Fault> {
        let mut values = values(message, bytes)?;
        for field in message.fields().iter() {
            let Some(values) = values.remove(&field.number) else { continue };
            self.if_any(|printer| {
                printer.name(&field.json_name);
                let written = printer.field(message, field, &values, depth);
                written.map_err(|fault| fault.within(&field.name))
            })?;
        }
        Ok(())
    }

    /// What `write` writes, unless it says that there was nothing to write; whether there was.
    fn if_any(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<bool, Fault>,
    ) -> Result<bool, Fault> {
        let start = self.out.len();
        let written = write(self)?;
        if !written {
            self.out.truncate(start);
        }
        self.bounded()?;
        Ok(written)
    }

    /// Whether there was something to write.
    fn field(
        &mut self,
        message: MessageRef<'_>,
        field: &Field,
        values: &[Raw<'_>],
        depth: usize,
    ) -> Result<bool, Fault> {
        match field.shape {
            Shape::Single => self.single(message, field, values, depth),
            Shape::Repeated => self.repeated(message, field, values, depth),
            Shape::Map => self.map(message, field, values, depth),
        }
    }

    fn single(
        &mut self,
        message: MessageRef<'_>,
        field: &Field,
        values: &[Raw<'_>],
        depth: usize,
    ) -> Result<bool, Fault> {
        match &field.kind {
            Kind::Message(index) => {
                let inner = message.types.message(*index);
                self.message(inner, &merged(values), depth + 1)?;
                Ok(true)
            }
            Kind::Unclear(why) => Err(fault(why)),
            kind => match values.last() {
                Some(value) if !(field.implicit && is_default(value)) => {
                    self.scalar(message, kind, value)
                }
                _ => Ok(false),
            },
        }
    }

    fn repeated(
        &mut self,
        message: MessageRef<'_>,
        field: &Field,
        values: &[Raw<'_>],
        depth: usize,
    ) -> Result<bool, Fault> {
        self.out.push('[');
        let mut count = 0;
        for value in values {
            for value in unpacked(field.kind.wire_type(), *value) {
                let value = [value?];
                count += usize::from(self.if_any(|printer| {
                    printer.comma('[');
                    let written = printer.single(message, field, &value, depth);
                    written.map_err(|fault| fault.within(&format!("[{count}]")))
                })?);
            }
        }
        self.out.push(']');
        Ok(count > 0)
    }

    fn map(
        &mut self,
        message: MessageRef<'_>,
        field: &Field,
        values: &[Raw<'_>],
        depth: usize,
    ) -> Result<bool, Fault> {
        let Kind::Message(entry) = field.kind else { return Ok(false) };
        let entry = message.types.message(entry);
        let (key_type, key, value) = field.entry(message.types).map_err(fault)?;
        // The last of several with one key counts.
        let mut entries = IndexMap::new();
        for bytes in values {
            let Raw::Bytes(bytes) = bytes else { continue };
            let mut parts = self::values(entry, bytes)?;
            let mut name = Printer::default();
            let keys = parts.remove(&key.number).unwrap_or_default();
            name.scalar(message, &key.kind, keys.last().unwrap_or(&default_of(key_type)))?;
            let name = if name.out.starts_with('"') { name.out } else { quoted(&name.out) };
            entries.insert(name, parts.remove(&value.number).unwrap_or_default());
        }
        self.out.push('{');
        for (name, values) in entries {
            self.if_any(|printer| {
                printer.comma('{');
                printer.out.push_str(&name);
                printer.out.push(':');
                let written = printer.entry(message, value, &values, depth + 1);
                written.map_err(|fault| fault.within(&format!("[{name}]")))
            })?;
        }
        self.out.push('}');
        Ok(true)
    }

    /// The value of an entry, which may be left out when it is the default.
    fn entry(
        &mut self,
        message: MessageRef<'_>,
        field: &Field,
        values: &[Raw<'_>],
        depth: usize,
    ) -> Result<bool, Fault> {
        match &field.kind {
            Kind::Scalar(kind) => {
                let default = default_of(*kind);
                self.scalar(message, &field.kind, values.last().unwrap_or(&default))
            }
            Kind::Enum(index) => {
                let default = message.types.enumeration(*index).default;
                let default = Raw::Varint(i64::from(default) as u64);
                self.scalar(message, &field.kind, values.last().unwrap_or(&default))
            }
            _ => self.single(message, field, values, depth),
        }
    }

    /// A value that is no message; false if it is none of its type.
    fn scalar(
        &mut self,
        message: MessageRef<'_>,
        kind: &Kind,
        value: &Raw<'_>,
    ) -> Result<bool, Fault> {
        match (kind, *value) {
            (Kind::Enum(index), Raw::Varint(number)) => {
                Ok(self.enumeration(message.types.enumeration(*index), number as i32))
            }
            (Kind::Scalar(kind), value) => self.plain(*kind, value),
            _ => Ok(false),
        }
    }

    fn enumeration(&mut self, values: &EnumValues, number: i32) -> bool {
        match values.name_of(number) {
            _ if values.name == NULL => self.out.push_str("null"),
            Some(name) => self.string(name),
            None if values.closed => return false,
            None => _ = write!(self.out, "{number}"),
        }
        true
    }

    /// The name of a member, after a comma if it is not the first.
    pub fn name(&mut self, name: &str) {
        self.comma('{');
        self.string(name);
        self.out.push(':');
    }

    pub fn string(&mut self, text: &str) {
        self.out.push_str(&quoted(text));
    }

    /// A comma, unless this opened what it would be in.
    pub fn comma(&mut self, opening: char) {
        if !self.out.ends_with(opening) {
            self.out.push(',');
        }
    }

    pub fn bounded(&self) -> Result<(), Fault> {
        match self.out.len() > LONGEST {
            true => Err(fault(format!("the message has more than {LONGEST} bytes as JSON"))),
            false => Ok(()),
        }
    }
}

pub fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|_| fault("a string is not UTF-8"))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
