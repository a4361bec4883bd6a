use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use protobuf::descriptor::field_descriptor_proto::Type;

use super::super::types::EnumValues;
use super::super::wire::put_varint;
use super::text::{Value, number_length};

/// Why a value is not one of a type.
#[derive(Debug, PartialEq)]
pub enum Mismatch {
    /// It is of another kind.
    Kind,
    /// It is too large or too small.
    Range,
    Other(String),
}

/// Appends a value as the wire has it, without a tag.
pub fn encode(kind: Type, value: &Value<'_>, out: &mut Vec<u8>) -> Result<(), Mismatch> {
    match kind {
        Type::TYPE_DOUBLE => out.extend(double(value)?.to_le_bytes()),
        Type::TYPE_FLOAT => out.extend(float(value)?.to_le_bytes()),
        Type::TYPE_INT64 => put_varint(out, integer::<i64>(value)? as u64),
        Type::TYPE_UINT64 => put_varint(out, integer::<u64>(value)?),
        Type::TYPE_INT32 => put_varint(out, i64::from(integer::<i32>(value)?) as u64),
        Type::TYPE_UINT32 => put_varint(out, integer::<u32>(value)?.into()),
        Type::TYPE_FIXED64 => out.extend(integer::<u64>(value)?.to_le_bytes()),
        Type::TYPE_FIXED32 => out.extend(integer::<u32>(value)?.to_le_bytes()),
        Type::TYPE_SFIXED32 => out.extend(integer::<i32>(value)?.to_le_bytes()),
        Type::TYPE_SFIXED64 => out.extend(integer::<i64>(value)?.to_le_bytes()),
        Type::TYPE_SINT32 => {
            let value = integer::<i32>(value)?;
            put_varint(out, ((value << 1) ^ (value >> 31)) as u32 as u64);
        }
        Type::TYPE_SINT64 => {
            let value = integer::<i64>(value)?;
            put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
        }
        Type::TYPE_BOOL => match value {
            Value::Bool(value) => out.push(u8::from(*value)),
            _ => return Err(Mismatch::Kind),
        },
        Type::TYPE_STRING => put_bytes(out, string(value)?.as_bytes()),
        Type::TYPE_BYTES => put_bytes(out, &bytes(string(value)?)?),
        Type::TYPE_MESSAGE | Type::TYPE_GROUP | Type::TYPE_ENUM => return Err(Mismatch::Kind),
    }
    Ok(())
}

/// The same of the key of a map, which JSON has as a string.
pub fn encode_key(kind: Type, key: Value<'_>, out: &mut Vec<u8>) -> Result<(), Mismatch> {
    match (kind, &key) {
        (Type::TYPE_BOOL, Value::String(key)) if key == "true" => out.push(1),
        (Type::TYPE_BOOL, Value::String(key)) if key == "false" => out.push(0),
        _ => return encode(kind, &key, out),
    }
    Ok(())
}

/// The number of an enum's value, which JSON has by any of its names, or as a number.
pub fn enum_number(values: &EnumValues, value: &Value<'_>) -> Result<i32, Mismatch> {
    if let Value::String(name) = value {
        if let Some(number) = values.number(name) {
            return Ok(number);
        }
        if number_length(name.as_bytes()) != Some(name.len()) {
            let hint = match super::super::nearest(name, values.names()) {
                Some(nearest) => format!("; the nearest is `{nearest}`"),
                None => String::new(),
            };
            return Err(Mismatch::Other(format!("{} has no value `{name}`{hint}", values.name)));
        }
    }
    let number = integer(value)?;
    match values.closed && values.name_of(number).is_none() {
        true => Err(Mismatch::Other(format!("{} has no value {number}", values.name))),
        false => Ok(number),
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend(bytes);
}

fn string<'v>(value: &'v Value<'_>) -> Result<&'v str, Mismatch> {
    match value {
        Value::String(string) => Ok(string),
        _ => Err(Mismatch::Kind),
    }
}

/// Base64 with either alphabet, padded or not.
fn bytes(text: &str) -> Result<Vec<u8>, Mismatch> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let standard = text.bytes().map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    });
    let standard = standard.collect::<Vec<_>>();
    LENIENT.decode(standard).map_err(|error| Mismatch::Other(format!("not base64: {error}")))
}

/// A number as it is written, in quotes or without.
fn number<'v>(value: &'v Value<'_>) -> Result<&'v str, Mismatch> {
    match value {
        Value::Number(number) => Ok(number),
        Value::String(text) if number_length(text.as_bytes()) == Some(text.len()) => Ok(text),
        _ => Err(Mismatch::Kind),
    }
}

fn integer<T: TryFrom<i128>>(value: &Value<'_>) -> Result<T, Mismatch> {
    let number = whole(number(value)?)?;
    T::try_from(number).map_err(|_| Mismatch::Range)
}

/// The integer that a number of JSON is, such as 1000 of `1.0e3`.
fn whole(number: &str) -> Result<i128, Mismatch> {
    /// More than any type has.
    const DIGITS: i64 = 25;
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => (true, mantissa),
        None => (false, mantissa),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{before}{after}");
    let significant = digits.trim_end_matches('0');
    let zeros = (digits.len() - significant.len()) as i64;
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    // An exponent that is no i64 is far out of every range.
    let limit = if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
    let exponent = exponent.parse::<i64>().unwrap_or(limit).clamp(i64::MIN / 2, i64::MAX / 2);
    let exponent = exponent - after.len() as i64 + zeros;
    if exponent < 0 {
        return Err(Mismatch::Kind);
    }
    if significant.len() as i64 + exponent > DIGITS {
        return Err(Mismatch::Range);
    }
    let digits: i128 = significant.parse().map_err(|_| Mismatch::Range)?;
    let value = digits * 10_i128.pow(exponent as u32);
    Ok(if negative { -value } else { value })
}

/// A finite number, or one of the three that JSON has as strings.
pub fn double(value: &Value<'_>) -> Result<f64, Mismatch> {
    match value {
        Value::String(text) if text == "NaN" => return Ok(f64::NAN),
        Value::String(text) if text == "Infinity" => return Ok(f64::INFINITY),
        Value::String(text) if text == "-Infinity" => return Ok(f64::NEG_INFINITY),
        _ => {}
    }
    let number: f64 = number(value)?.parse().map_err(|_| Mismatch::Kind)?;
    if number.is_finite() { Ok(number) } else { Err(Mismatch::Range) }
}

fn float(value: &Value<'_>) -> Result<f32, Mismatch> {
    let number = double(value)?;
    // From the text, if it is one of a number, so that it is rounded once.
    let rounded = match self::number(value) {
        Ok(text) => text.parse().map_err(|_| Mismatch::Kind)?,
        Err(_) => number as f32,
    };
    if number.is_finite() && rounded.is_infinite() { Err(Mismatch::Range) } else { Ok(rounded) }
}

#[cfg(test)]
mod tests {
    use super::{Mismatch, whole};

    #[test]
    fn integers_are_exact_in_every_spelling() {
        for (text, number) in [
            ("0", 0),
            ("-0.0e99999999999999999999", 0),
            ("1e3", 1000),
            ("1.0", 1),
            ("120e-1", 12),
            ("-1.5e1", -15),
            ("18446744073709551615", 18446744073709551615),
            ("9007199254740993.0", 9007199254740993),
        ] {
            assert_eq!(whole(text), Ok(number), "{text}");
        }
        for text in ["0.5", "1e-1", "1e-99999999999999999999", "15e-1"] {
            assert_eq!(whole(text), Err(Mismatch::Kind), "{text}");
        }
        for text in ["1e30", "1e99999999999999999999", &"9".repeat(1000)] {
            assert_eq!(whole(text), Err(Mismatch::Range), "{text}");
        }
    }
}
