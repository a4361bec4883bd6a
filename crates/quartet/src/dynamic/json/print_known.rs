//! The messages for which JSON has a form of their own.

use indexmap::IndexMap;
use protobuf::descriptor::field_descriptor_proto::Type;

use super::super::types::MessageRef;
use super::super::wire::{DEEPEST, Malformed, Raw, Records};
use super::content::{default_of, merged};
use super::fault::Fault;
use super::known::{Known, mask, message_of, time};
use super::print::{Printer, fault, utf8};

impl Printer {
    pub fn known(
        &mut self,
        known: Known,
        message: MessageRef<'_>,
        bytes: &[u8],
        depth: usize,
    ) -> Result<(), Fault> {
        match known {
            Known::Any => self.any(message, bytes, depth),
            Known::Timestamp => self.time(time::print_timestamp, bytes),
            Known::Duration => self.time(time::print_duration, bytes),
            Known::FieldMask => {
                let mut paths = Vec::new();
                for record in Records::of(bytes) {
                    let record = record?;
                    if let (1, Raw::Bytes(path)) = (record.number, record.value) {
                        paths.push(utf8(path)?);
                    }
                }
                let text = mask::print(paths.into_iter()).map_err(fault)?;
                self.string(&text);
                Ok(())
            }
            Known::Struct => self.structure(bytes, depth),
            Known::ListValue => self.list(bytes, depth),
            Known::Value => self.value(bytes, depth),
            Known::Wrapper(kind) => {
                let value = last(bytes, |number, value| {
                    let right =
                        std::mem::discriminant(&value) == std::mem::discriminant(&default_of(kind));
                    number == 1 && right
                })?;
                self.plain(kind, value.unwrap_or(default_of(kind))).map(|_| ())
            }
        }
    }

    fn time(
        &mut self,
        text: impl FnOnce(i64, i32) -> Result<String, String>,
        bytes: &[u8],
    ) -> Result<(), Fault> {
        let (mut seconds, mut nanos) = (0, 0);
        for record in Records::of(bytes) {
            let record = record?;
            match (record.number, record.value) {
                (1, Raw::Varint(value)) => seconds = value as i64,
                (2, Raw::Varint(value)) => nanos = value as i32,
                _ => {}
            }
        }
        self.string(&text(seconds, nanos).map_err(fault)?);
        Ok(())
    }

    fn structure(&mut self, bytes: &[u8], depth: usize) -> Result<(), Fault> {
        self.out.push('{');
        let mut entries = IndexMap::new();
        for record in Records::of(bytes) {
            let record = record?;
            let (1, Raw::Bytes(entry)) = (record.number, record.value) else { continue };
            let name = last(entry, |number, value| number == 1 && is_bytes(&value))?;
            let name = utf8(name.map_or(&[], |name| contents(name)))?;
            entries.insert(name, parts(entry, 2)?);
        }
        for (name, value) in entries {
            self.name(name);
            let written = self.value(&merged(&value), depth + 2);
            written.map_err(|fault| fault.within(name))?;
            self.bounded()?;
        }
        self.out.push('}');
        Ok(())
    }

    fn list(&mut self, bytes: &[u8], depth: usize) -> Result<(), Fault> {
        self.out.push('[');
        for (index, value) in parts(bytes, 1)?.into_iter().enumerate() {
            self.comma('[');
            let written = self.value(contents(value), depth + 1);
            written.map_err(|fault| fault.within(&format!("[{index}]")))?;
            self.bounded()?;
        }
        self.out.push(']');
        Ok(())
    }

    fn value(&mut self, bytes: &[u8], depth: usize) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(Malformed::Deep.into());
        }
        // Of a oneof the last field counts; what it has before, unless another was between.
        let (mut number, mut values) = (0, Vec::new());
        for record in Records::of(bytes) {
            let record = record?;
            let fits = match record.number {
                1 | 4 => matches!(record.value, Raw::Varint(_)),
                2 => matches!(record.value, Raw::Fixed64(_)),
                3 | 5 | 6 => is_bytes(&record.value),
                _ => false,
            };
            if !fits {
                continue;
            }
            if number != record.number {
                values.clear();
            }
            number = record.number;
            values.push(record.value);
        }
        match (number, values.last()) {
            (2, Some(Raw::Fixed64(bits))) if !f64::from_bits(*bits).is_finite() => {
                Err(fault("a google.protobuf.Value can't be NaN or infinite"))
            }
            (2, Some(value)) => {
                self.plain(Type::TYPE_DOUBLE, *value)?;
                Ok(())
            }
            (3, Some(value)) => {
                self.string(utf8(contents(*value))?);
                Ok(())
            }
            (4, Some(value)) => {
                self.out.push_str(if *value == Raw::Varint(0) { "false" } else { "true" });
                Ok(())
            }
            (5, _) => self.structure(&merged(&values), depth + 1),
            (6, _) => self.list(&merged(&values), depth + 1),
            _ => {
                self.out.push_str("null");
                Ok(())
            }
        }
    }

    fn any(&mut self, message: MessageRef<'_>, bytes: &[u8], depth: usize) -> Result<(), Fault> {
        let field = |wanted| last(bytes, move |number, value| number == wanted && is_bytes(&value));
        let url = utf8(field(1)?.map_or(&[], contents))?;
        let value = field(2)?.map_or(&[][..], contents);
        self.out.push('{');
        if !url.is_empty() || !value.is_empty() {
            let wrong = |why| fault(why).within("@type");
            let inner = message_of(url).and_then(|name| message.types.message_named(name));
            let inner = inner.map_err(wrong)?;
            self.name("@type");
            self.string(url);
            match Known::named(inner.name()) {
                Some(_) => {
                    self.name("value");
                    self.message(inner, value, depth + 1)
                }
                None if depth + 1 > DEEPEST => Err(Malformed::Deep.into()),
                None => self.fields(inner, value, depth + 1),
            }?;
        }
        self.out.push('}');
        Ok(())
    }
}

/// The last field of which this is true.
fn last<'b>(
    bytes: &'b [u8],
    wanted: impl Fn(u32, Raw<'b>) -> bool,
) -> Result<Option<Raw<'b>>, Malformed> {
    let mut found = None;
    for record in Records::of(bytes) {
        let record = record?;
        if wanted(record.number, record.value) {
            found = Some(record.value);
        }
    }
    Ok(found)
}

/// All messages in a field.
fn parts(bytes: &[u8], number: u32) -> Result<Vec<Raw<'_>>, Malformed> {
    let parts = Records::of(bytes).filter(|record| match record {
        Ok(record) => record.number == number && is_bytes(&record.value),
        Err(_) => true,
    });
    parts.map(|record| record.map(|record| record.value)).collect()
}

fn is_bytes(value: &Raw<'_>) -> bool {
    matches!(value, Raw::Bytes(_))
}

fn contents(value: Raw<'_>) -> &[u8] {
    match value {
        Raw::Bytes(bytes) | Raw::Group(bytes) => bytes,
        _ => &[],
    }
}
