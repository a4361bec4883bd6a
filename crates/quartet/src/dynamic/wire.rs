//! protobuf's wire format, as far as a message can be read and written without its type.
//! <https://protobuf.dev/programming-guides/encoding/>

use std::fmt;

use protobuf::descriptor::field_descriptor_proto::Type;

/// How many messages may be nested in a message: the usual limit of protobuf's decoders.
pub const DEEPEST: usize = 100;

/// The largest number that a field can have.
pub const LARGEST_NUMBER: u32 = (1 << 29) - 1;

/// A field of a message.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub number: u32,
    pub value: Raw<'a>,
}

/// A field's value, of which only the length is understood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Raw<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    /// A string, bytes, a message, or packed numbers.
    Bytes(&'a [u8]),
    /// What is between the two tags of a group.
    Group(&'a [u8]),
}

/// Bytes that are no message.
#[derive(Debug, PartialEq)]
pub enum Malformed {
    /// They end in the middle of a field.
    Short,
    /// A tag, number or group that can't be.
    Wrong,
    /// More than [`DEEPEST`] levels.
    Deep,
}

/// Reads the fields of a message in their order.
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        Records { rest: bytes }
    }

    fn read(&mut self) -> Result<Record<'a>, Malformed> {
        let (number, kind) = self.tag()?;
        let value = match kind {
            3 => Raw::Group(self.group(number)?),
            _ => self.value(kind)?,
        };
        Ok(Record { number, value })
    }

    fn tag(&mut self) -> Result<(u32, u32), Malformed> {
        let tag = u32::try_from(varint(&mut self.rest)?).map_err(|_| Malformed::Wrong)?;
        match tag >> 3 {
            0 => Err(Malformed::Wrong),
            number => Ok((number, tag & 7)),
        }
    }

    /// A value that is not a group.
    fn value(&mut self, kind: u32) -> Result<Raw<'a>, Malformed> {
        Ok(match kind {
            0 => Raw::Varint(varint(&mut self.rest)?),
            1 => Raw::Fixed64(fixed64(&mut self.rest)?),
            2 => {
                let length = varint(&mut self.rest)?;
                Raw::Bytes(take(&mut self.rest, usize::try_from(length).unwrap_or(usize::MAX))?)
            }
            5 => Raw::Fixed32(fixed32(&mut self.rest)?),
            _ => return Err(Malformed::Wrong),
        })
    }

    /// To the end of a group whose first tag was read.
    fn group(&mut self, number: u32) -> Result<&'a [u8], Malformed> {
        let start = self.rest;
        let mut open = vec![number];
        loop {
            let before = self.rest.len();
            match self.tag()? {
                (number, 3) if open.len() < DEEPEST => open.push(number),
                (_, 3) => return Err(Malformed::Deep),
                (number, 4) if open.pop() != Some(number) => return Err(Malformed::Wrong),
                (_, 4) if open.is_empty() => return Ok(&start[..start.len() - before]),
                (_, 4) => {}
                (_, kind) => _ = self.value(kind)?,
            }
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let record = self.read();
        if record.is_err() {
            self.rest = &[];
        }
        Some(record)
    }
}

/// How values of a type are on the wire, as the lowest bits of a tag.
pub fn wire_type(kind: Type) -> u32 {
    match kind {
        Type::TYPE_DOUBLE | Type::TYPE_FIXED64 | Type::TYPE_SFIXED64 => 1,
        Type::TYPE_FLOAT | Type::TYPE_FIXED32 | Type::TYPE_SFIXED32 => 5,
        Type::TYPE_STRING | Type::TYPE_BYTES | Type::TYPE_MESSAGE => 2,
        Type::TYPE_GROUP => 3,
        _ => 0,
    }
}

/// The values of a field that may be packed; `wire` is the wire type of a single one.
pub fn unpacked(wire: u32, value: Raw<'_>) -> impl Iterator<Item = Result<Raw<'_>, Malformed>> {
    let (mut alone, mut rest) = match (value, wire) {
        (Raw::Bytes(packed), 0 | 1 | 5) => (None, packed),
        (alone, _) => (Some(alone), &[][..]),
    };
    std::iter::from_fn(move || {
        if let Some(alone) = alone.take() {
            return Some(Ok(alone));
        }
        if rest.is_empty() {
            return None;
        }
        let value = match wire {
            0 => varint(&mut rest).map(Raw::Varint),
            1 => fixed64(&mut rest).map(Raw::Fixed64),
            _ => fixed32(&mut rest).map(Raw::Fixed32),
        };
        if value.is_err() {
            rest = &[];
        }
        Some(value)
    })
}

fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let byte = take(rest, 1)?[0];
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Malformed::Wrong)
}

fn fixed64(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let (bytes, after) = rest.split_first_chunk().ok_or(Malformed::Short)?;
    *rest = after;
    Ok(u64::from_le_bytes(*bytes))
}

fn fixed32(rest: &mut &[u8]) -> Result<u32, Malformed> {
    let (bytes, after) = rest.split_first_chunk().ok_or(Malformed::Short)?;
    *rest = after;
    Ok(u32::from_le_bytes(*bytes))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Malformed> {
    let (taken, after) = rest.split_at_checked(length).ok_or(Malformed::Short)?;
    *rest = after;
    Ok(taken)
}

pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a field.
pub fn put(out: &mut Vec<u8>, number: u32, value: Raw<'_>) {
    let tag = |out: &mut Vec<u8>, kind: u32| put_varint(out, u64::from(number << 3 | kind));
    match value {
        Raw::Varint(value) => {
            tag(out, 0);
            put_varint(out, value);
        }
        Raw::Fixed64(value) => {
            tag(out, 1);
            out.extend(value.to_le_bytes());
        }
        Raw::Fixed32(value) => {
            tag(out, 5);
            out.extend(value.to_le_bytes());
        }
        Raw::Bytes(bytes) => {
            tag(out, 2);
            put_varint(out, bytes.len() as u64);
            out.extend(bytes);
        }
        Raw::Group(bytes) => {
            tag(out, 3);
            out.extend(bytes);
            tag(out, 4);
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Short => f.write_str("the message ends in the middle of a field"),
            Malformed::Wrong => f.write_str("the bytes are not a protobuf message"),
            Malformed::Deep => write!(f, "messages are nested more than {DEEPEST} deep"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Raw, Records, put};

    fn read(bytes: &[u8]) -> Result<Vec<(u32, Raw<'_>)>, Malformed> {
        Records::of(bytes).map(|record| record.map(|it| (it.number, it.value))).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let fields = [
            (1, Raw::Varint(u64::MAX)),
            (2, Raw::Fixed64(7)),
            (3, Raw::Fixed32(8)),
            (4, Raw::Bytes(b"xyz")),
            (536870911, Raw::Group(&[0x0b, 0x0c, 0x08, 0x01])),
        ];
        let mut bytes = Vec::new();
        fields.iter().for_each(|(number, value)| put(&mut bytes, *number, *value));
        assert_eq!(read(&bytes).as_deref(), Ok(&fields[..]));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for short in [&[0x08][..], &[0x09, 1], &[0x0a, 5, 1], &[0x0d, 1], &[0x0b], &[0x80]] {
            assert_eq!(read(short), Err(Malformed::Short), "{short:?}");
        }
        for wrong in [&[0x00, 1][..], &[0x0c], &[0x0b, 0x14], &[0x0e], &[0x08; 1], &[0xff; 11]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(read(&[0x0b; 101]), Err(Malformed::Deep));
    }
}
