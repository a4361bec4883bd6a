//! The messages for which JSON has a form of their own, from it.

use std::collections::HashSet;

use super::super::types::MessageRef;
use super::super::wire::{DEEPEST, Raw, put, put_varint, wire_type};
use super::fault::Fault;
use super::known::{EMPTY, Known, mask, message_of, time};
use super::parse::{Parser, TYPE};
use super::scalars::{self, Mismatch};
use super::text::Value;

impl Parser<'_> {
    pub fn known(
        &mut self,
        known: Known,
        message: MessageRef<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        match known {
            Known::Any => self.any(message, depth, out),
            Known::Timestamp => self.time(time::parse_timestamp, message, out),
            Known::Duration => self.time(time::parse_duration, message, out),
            Known::FieldMask => {
                let paths = self.text(message, mask::parse)?;
                paths.iter().for_each(|path| put(out, 1, Raw::Bytes(path.as_bytes())));
                Ok(())
            }
            Known::Struct => {
                self.begin(Value::Object, message.name())?;
                self.structure(message, depth, out)
            }
            Known::ListValue => {
                self.begin(Value::List, message.name())?;
                self.list(message, depth, out)
            }
            Known::Value => self.value(message, depth, out),
            Known::Wrapper(kind) => {
                let at = self.reader.position();
                let value = self.reader.value()?;
                let mut encoded = Vec::new();
                scalars::encode(kind, &value, &mut encoded)
                    .map_err(|mismatch| self.mismatch(at, message.name(), mismatch))?;
                if encoded.iter().any(|byte| *byte != 0) {
                    put_varint(out, u64::from(1 << 3 | wire_type(kind)));
                    out.extend(encoded);
                }
                Ok(())
            }
        }
    }

    /// A string that is read further; what is wrong with it is reported with its place.
    fn text<T>(
        &mut self,
        message: MessageRef<'_>,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Fault> {
        let at = self.reader.position();
        match self.reader.value()? {
            Value::String(text) => read(&text)
                .map_err(|why| Fault::new(at, format!("{why}, not {}", self.reader.shown(at)))),
            _ => Err(self.mismatch(at, message.name(), Mismatch::Kind)),
        }
    }

    fn time(
        &mut self,
        read: impl FnOnce(&str) -> Result<(i64, i32), String>,
        message: MessageRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let (seconds, nanos) = self.text(message, read)?;
        for (number, value) in [(1, seconds), (2, i64::from(nanos))] {
            if value != 0 {
                put(out, number, Raw::Varint(value as u64));
            }
        }
        Ok(())
    }

    /// A Struct, whose brace was read.
    fn structure(
        &mut self,
        message: MessageRef<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let (mut first, mut seen) = (true, HashSet::new());
        while let Some((at, name)) = self.reader.member(&mut first)? {
            let mut entry = Vec::new();
            put(&mut entry, 1, Raw::Bytes(name.as_bytes()));
            let mut value = Vec::new();
            self.value(message, depth + 2, &mut value).map_err(|fault| fault.within(&name))?;
            put(&mut entry, 2, Raw::Bytes(&value));
            put(out, 1, Raw::Bytes(&entry));
            if !seen.insert(name.clone()) {
                return Err(Fault::new(at, "it appears twice").within(&name));
            }
        }
        Ok(())
    }

    /// A ListValue, whose bracket was read.
    fn list(
        &mut self,
        message: MessageRef<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let (mut first, mut index) = (true, 0);
        while self.reader.item(&mut first)? {
            let mut value = Vec::new();
            self.value(message, depth + 1, &mut value)
                .map_err(|fault| fault.within(&format!("[{index}]")))?;
            put(out, 1, Raw::Bytes(&value));
            index += 1;
        }
        Ok(())
    }

    /// A Value of google.protobuf: whatever JSON has.
    fn value(
        &mut self,
        message: MessageRef<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let at = self.reader.position();
        if depth > DEEPEST {
            return Err(Fault::deep(at));
        }
        match self.reader.value()? {
            Value::Null => put(out, 1, Raw::Varint(0)),
            Value::Bool(value) => put(out, 4, Raw::Varint(value.into())),
            Value::String(text) => put(out, 3, Raw::Bytes(text.as_bytes())),
            number @ Value::Number(_) => {
                let number = scalars::double(&number)
                    .map_err(|mismatch| self.mismatch(at, "double", mismatch))?;
                put(out, 2, Raw::Fixed64(number.to_bits()));
            }
            Value::Object => {
                let mut inner = Vec::new();
                self.structure(message, depth + 1, &mut inner)?;
                put(out, 5, Raw::Bytes(&inner));
            }
            Value::List => {
                let mut inner = Vec::new();
                self.list(message, depth + 1, &mut inner)?;
                put(out, 6, Raw::Bytes(&inner));
            }
        }
        Ok(())
    }

    fn any(
        &mut self,
        message: MessageRef<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let mut ahead = Parser { reader: self.reader.clone() };
        let at = ahead.begin(Value::Object, message.name())?;
        let (mut first, mut url) = (true, None);
        while let (None, Some((at, name))) = (&url, ahead.reader.member(&mut first)?) {
            if name != TYPE {
                ahead.reader.skip()?;
                continue;
            }
            match ahead.reader.value()? {
                Value::String(text) => url = Some((at, text)),
                _ => return Err(Fault::new(at, "a string is expected here").within(TYPE)),
            }
        }
        if url.is_none() && first {
            self.reader = ahead.reader;
            return Ok(());
        }
        let Some((at, url)) = url else {
            return Err(Fault::new(at, "an Any requires it").within(TYPE));
        };
        let wrong = |why| Fault::new(at, why).within(TYPE);
        let inner = message_of(&url).and_then(|name| message.types.message_named(name));
        let inner = inner.map_err(wrong)?;
        let mut value = Vec::new();
        match Known::named(inner.name()).is_some() || inner.name() == EMPTY {
            true => self.any_value(inner, depth + 1, &mut value)?,
            false => {
                if depth + 1 > DEEPEST {
                    return Err(Fault::deep(at));
                }
                self.fields(inner, depth + 1, true, &mut value)?;
            }
        }
        put(out, 1, Raw::Bytes(url.as_bytes()));
        if !value.is_empty() {
            put(out, 2, Raw::Bytes(&value));
        }
        Ok(())
    }

    /// What an Any holds, if its JSON is no object with fields: it is in `value`.
    fn any_value(
        &mut self,
        inner: MessageRef<'_>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let start = self.begin(Value::Object, inner.name())?;
        let (mut first, mut found, mut types) = (true, false, 0);
        while let Some((at, name)) = self.reader.member(&mut first)? {
            match &*name {
                TYPE if types == 0 => {
                    types = 1;
                    self.reader.skip()?;
                }
                TYPE | "value" if name == TYPE || found => {
                    return Err(Fault::new(at, "it appears twice").within(&name));
                }
                "value" => {
                    found = true;
                    self.message(inner, depth, out).map_err(|fault| fault.within("value"))?;
                }
                _ => {
                    let why = format!("an Any of {} has only `value`", inner.name());
                    return Err(Fault::new(at, why).within(&name));
                }
            }
        }
        match found || inner.name() == EMPTY {
            true => Ok(()),
            false => {
                let why = format!("an Any of {} requires it", inner.name());
                Err(Fault::new(start, why).within("value"))
            }
        }
    }
}
