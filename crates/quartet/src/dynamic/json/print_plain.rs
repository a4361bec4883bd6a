//! Numbers, strings and bytes as JSON.

use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use protobuf::descriptor::field_descriptor_proto::Type;

use super::super::wire::Raw;
use super::fault::Fault;
use super::print::{Printer, utf8};

impl Printer {
    /// A number, bool, string or bytes; false if the wire has something else.
    pub fn plain(&mut self, kind: Type, value: Raw<'_>) -> Result<bool, Fault> {
        let out = &mut self.out;
        let written = match (kind, value) {
            (Type::TYPE_DOUBLE, Raw::Fixed64(bits)) => {
                let number = f64::from_bits(bits);
                finite(out, number, || serde_json::to_string(&number))
            }
            (Type::TYPE_FLOAT, Raw::Fixed32(bits)) => {
                let number = f32::from_bits(bits);
                finite(out, number.into(), || serde_json::to_string(&number))
            }
            (Type::TYPE_INT64, Raw::Varint(it)) => write!(out, "\"{}\"", it as i64),
            (Type::TYPE_UINT64, Raw::Varint(it)) => write!(out, "\"{it}\""),
            (Type::TYPE_SINT64, Raw::Varint(it)) => {
                write!(out, "\"{}\"", (it >> 1) as i64 ^ -((it & 1) as i64))
            }
            (Type::TYPE_FIXED64, Raw::Fixed64(it)) => write!(out, "\"{it}\""),
            (Type::TYPE_SFIXED64, Raw::Fixed64(it)) => write!(out, "\"{}\"", it as i64),
            (Type::TYPE_INT32, Raw::Varint(it)) => write!(out, "{}", it as i32),
            (Type::TYPE_UINT32, Raw::Varint(it)) => write!(out, "{}", it as u32),
            (Type::TYPE_SINT32, Raw::Varint(it)) => {
                let it = it as u32;
                write!(out, "{}", (it >> 1) as i32 ^ -((it & 1) as i32))
            }
            (Type::TYPE_FIXED32, Raw::Fixed32(it)) => write!(out, "{it}"),
            (Type::TYPE_SFIXED32, Raw::Fixed32(it)) => write!(out, "{}", it as i32),
            (Type::TYPE_BOOL, Raw::Varint(it)) => write!(out, "{}", it != 0),
            (Type::TYPE_STRING, Raw::Bytes(bytes)) => {
                self.string(utf8(bytes)?);
                Ok(())
            }
            (Type::TYPE_BYTES, Raw::Bytes(bytes)) => {
                self.string(&BASE64_STANDARD.encode(bytes));
                Ok(())
            }
            _ => return Ok(false),
        };
        Ok(written.is_ok())
    }
}

/// A number by its text, in as few digits as give the same number again; or what is none.
fn finite(
    out: &mut String,
    number: f64,
    text: impl FnOnce() -> serde_json::Result<String>,
) -> std::fmt::Result {
    out.write_str(match number {
        number if number.is_nan() => "\"NaN\"",
        f64::INFINITY => "\"Infinity\"",
        f64::NEG_INFINITY => "\"-Infinity\"",
        _ => return out.write_str(&text().map_err(|_| std::fmt::Error)?),
    })
}
