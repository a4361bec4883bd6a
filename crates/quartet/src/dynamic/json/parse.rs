//! A text's values, written as the fields of a message while they are read.

use std::collections::HashSet;

use super::super::nearest;
use super::super::types::{Field, Kind, MessageRef, Shape};
use super::super::wire::{DEEPEST, Raw, put, put_varint, wire_type};
use super::fault::Fault;
use super::known::{Known, takes_null};
use super::scalars::{self, Mismatch};
use super::text::{Reader, Value};

/// What an Any has beside the fields of its message.
pub const TYPE: &str = "@type";

/// Reads one message, into whose fields everything goes.
pub struct Parser<'t> {
    pub reader: Reader<'t>,
}

impl Parser<'_> {
    /// Writes a message without what is around it. `depth` is how many are around it.
    pub fn message(
        &mut self,
        message: MessageRef<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let at = self.reader.position();
        if depth > DEEPEST {
            return Err(Fault::deep(at));
        }
        match Known::named(message.name()) {
            None => self.fields(message, depth, false, out),
            Some(known) => self.known(known, message, depth, out),
        }
    }

    /// The members of an object, which are the fields of a message; one in an Any
    /// has its type beside them.
    pub fn fields(
        &mut self,
        message: MessageRef<'_>,
        depth: usize,
        any: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let start = self.begin(Value::Object, message.name())?;
        let (mut first, mut seen) = (true, Seen::default());
        while let Some((at, name)) = self.reader.member(&mut first)? {
            if any && name == TYPE {
                if !seen.named.insert(0) {
                    return Err(Fault::new(at, "it appears twice").within(TYPE));
                }
                self.reader.skip()?;
                continue;
            }
            let Some(field) = message.fields().named(&name) else {
                return Err(Fault::new(at, unknown(message, &name)).within(&name));
            };
            seen.name(field, at).map_err(|fault| fault.within(&name))?;
            let written = self.field(message, field, &mut seen, depth, out);
            written.map_err(|fault| fault.within(&name))?;
        }
        let missing = |field: &&Field| field.required && !seen.present.contains(&field.number);
        match message.fields().iter().find(missing) {
            None => Ok(()),
            Some(field) => {
                let why = format!("{} requires it", message.name());
                Err(Fault::new(start, why).within(&field.name))
            }
        }
    }

    fn field(
        &mut self,
        message: MessageRef<'_>,
        field: &Field,
        seen: &mut Seen,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let at = self.reader.position();
        if let Kind::Unclear(why) = &field.kind {
            return Err(Fault::new(at, why));
        }
        let null = self.reader.clone().null()?;
        if null && (field.shape != Shape::Single || !takes_null(message.types, &field.kind)) {
            self.reader.null()?;
            return Ok(());
        }
        seen.value(field, at)?;
        match field.shape {
            Shape::Single => {
                let start = out.len();
                let value = self.single(message, field, depth, out)?;
                if field.implicit && out[value..].iter().all(|byte| *byte == 0) {
                    out.truncate(start);
                }
                Ok(())
            }
            Shape::Repeated if field.packed => self.packed(message, field, out),
            Shape::Repeated => self.items(&field.shown, |parser| {
                parser.element(message, field)?;
                parser.single(message, field, depth, out).map(|_| ())
            }),
            Shape::Map => self.map(message, field, depth, out),
        }
    }

    /// Calls `item` where each item of a list begins.
    fn items(
        &mut self,
        shown: &str,
        mut item: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.begin(Value::List, shown)?;
        let (mut first, mut index) = (true, 0);
        while self.reader.item(&mut first)? {
            item(self).map_err(|fault| fault.within(&format!("[{index}]")))?;
            index += 1;
        }
        Ok(())
    }

    fn packed(
        &mut self,
        message: MessageRef<'_>,
        field: &Field,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let mut all = Vec::new();
        self.items(&field.shown, |parser| {
            parser.element(message, field)?;
            parser.scalar(message, field, &mut all)
        })?;
        if !all.is_empty() {
            put(out, field.number, Raw::Bytes(&all));
        }
        Ok(())
    }

    fn map(
        &mut self,
        message: MessageRef<'_>,
        field: &Field,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let start = self.begin(Value::Object, &field.shown)?;
        let (key_type, key, value) =
            field.entry(message.types).map_err(|why| Fault::new(start, why))?;
        let (mut first, mut seen) = (true, HashSet::new());
        while let Some((at, name)) = self.reader.member(&mut first)? {
            let inside = |fault: Fault| fault.within(&format!("[{name:?}]"));
            let mut encoded = Vec::new();
            scalars::encode_key(key_type, Value::String(name.clone()), &mut encoded)
                .map_err(|mismatch| inside(self.mismatch(at, &key.shown, mismatch)))?;
            let mut entry = Vec::new();
            put_varint(&mut entry, u64::from(1 << 3 | wire_type(key_type)));
            entry.extend(&encoded);
            if !seen.insert(encoded) {
                return Err(inside(Fault::new(at, "it appears twice")));
            }
            self.element(message, value).map_err(inside)?;
            self.single(message, value, depth + 1, &mut entry).map_err(inside)?;
            put(out, field.number, Raw::Bytes(&entry));
        }
        Ok(())
    }

    /// An element of a list or map is not `null`, unless that is a value of its type.
    fn element(&mut self, message: MessageRef<'_>, field: &Field) -> Result<(), Fault> {
        let at = self.reader.position();
        if self.reader.clone().null()? && !takes_null(message.types, &field.kind) {
            return Err(Fault::new(at, "an element can't be null"));
        }
        Ok(())
    }

    /// Writes a field with one value, and gives where its value begins.
    fn single(
        &mut self,
        message: MessageRef<'_>,
        field: &Field,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, Fault> {
        if let Kind::Message(index) = &field.kind {
            let mut inner = Vec::new();
            self.message(message.types.message(*index), depth + 1, &mut inner)?;
            let value = if field.delimited { Raw::Group(&inner) } else { Raw::Bytes(&inner) };
            put(out, field.number, value);
            return Ok(out.len());
        }
        put_varint(out, u64::from(field.number << 3 | field.kind.wire_type()));
        let value = out.len();
        self.scalar(message, field, out)?;
        Ok(value)
    }

    /// Writes a value that is no message, without a tag.
    fn scalar(
        &mut self,
        message: MessageRef<'_>,
        field: &Field,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let at = self.reader.position();
        let value = self.reader.value()?;
        let written = match &field.kind {
            Kind::Scalar(kind) => scalars::encode(*kind, &value, out),
            Kind::Enum(_) if value == Value::Null => {
                out.push(0);
                Ok(())
            }
            Kind::Enum(index) => scalars::enum_number(message.types.enumeration(*index), &value)
                .map(|number| put_varint(out, i64::from(number) as u64)),
            Kind::Message(_) => Err(Mismatch::Kind),
            Kind::Unclear(why) => Err(Mismatch::Other(why.clone())),
        };
        written.map_err(|mismatch| self.mismatch(at, &field.shown, mismatch))
    }

    /// Takes the beginning of a list or an object, and gives where it is.
    pub fn begin(&mut self, expected: Value<'_>, shown: &str) -> Result<usize, Fault> {
        let at = self.reader.position();
        if self.reader.value()? == expected {
            return Ok(at);
        }
        let form = if expected == Value::List { "a list" } else { "an object" };
        let value = self.reader.shown(at);
        Err(Fault::new(at, format!("{shown} is expected here ({form}), not {value}")))
    }

    pub fn mismatch(&self, at: usize, shown: &str, mismatch: Mismatch) -> Fault {
        let value = self.reader.shown(at);
        Fault::new(
            at,
            match mismatch {
                Mismatch::Kind => format!("{shown} is expected here, not {value}"),
                Mismatch::Range => format!("{value} is out of the range of {shown}"),
                Mismatch::Other(why) => why,
            },
        )
    }
}

/// What an object has had so far.
#[derive(Default)]
struct Seen {
    named: HashSet<u32>,
    /// Those that were not null.
    present: HashSet<u32>,
    oneofs: HashSet<i32>,
}

impl Seen {
    fn name(&mut self, field: &Field, at: usize) -> Result<(), Fault> {
        match self.named.insert(field.number) {
            true => Ok(()),
            false => Err(Fault::new(at, "it appears twice")),
        }
    }

    fn value(&mut self, field: &Field, at: usize) -> Result<(), Fault> {
        self.present.insert(field.number);
        match &field.oneof {
            Some(oneof) if !self.oneofs.insert(oneof.index) => {
                Err(Fault::new(at, format!("another field of the oneof `{}` is set", oneof.name)))
            }
            _ => Ok(()),
        }
    }
}

fn unknown(message: MessageRef<'_>, name: &str) -> String {
    /// More would not help.
    const SHOWN: usize = 20;
    let names = || message.fields().iter().map(|field| field.name.as_str());
    let hint = match (nearest(name, names()), names().count()) {
        (Some(nearest), _) => format!("the nearest is `{nearest}`"),
        (None, 0) => "it has none at all".to_owned(),
        (None, count) => {
            let more = if count > SHOWN { ", …" } else { "" };
            format!("it has {}{more}", names().take(SHOWN).collect::<Vec<_>>().join(", "))
        }
    };
    format!("{} has no such field; {hint}", message.name())
}
