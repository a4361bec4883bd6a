//! Messages from JSON and to JSON, by protobuf's mapping, ProtoJSON.
//! <https://protobuf.dev/programming-guides/json/>
//!
//! No input is trusted to be small or shallow: a text or a message with more than 100 nested
//! messages is an error, as in most protobuf decoders, and so is a message whose JSON would be over
//! 256 MiB. How long a text may be is up to whoever reads it.

mod content;
mod fault;
mod known;
mod parse;
mod parse_known;
mod pretty;
mod print;
mod print_known;
mod print_plain;
mod scalars;
mod text;
mod values;

use std::fmt;

use super::{Encoded, MessageType};

pub use pretty::pretty;
pub use values::{Value, values};

use parse::Parser;
use print::Printer;
use text::Reader;

/// Why a text is not the JSON of a message.
#[derive(Debug)]
pub struct BadJson {
    /// Where it is wrong, or where the value begins; from 1.
    pub line: u64,
    /// What is wrong, with the field, if it is one.
    pub why: String,
}

/// Reads a message from JSON.
///
/// # Errors
/// When the text is not JSON, does not fit the message, or nests more than 100 messages.
pub fn parse(message: &MessageType, text: &str) -> Result<Encoded, BadJson> {
    let mut parser = Parser { reader: Reader::new(text) };
    let mut bytes = Vec::new();
    let parsed = parser.message(message.view(), 0, &mut bytes);
    parsed.and_then(|()| parser.reader.end()).map_err(|fault| fault.into_bad(text))?;
    Ok(bytes.into())
}

/// The JSON of a message, in one line. Fields that are not in the descriptors are left out.
///
/// # Errors
/// When the bytes are not such a message, JSON can't express it, or it nests more than 100
/// messages.
pub fn print(message: &MessageType, encoded: &Encoded) -> Result<String, BadJson> {
    let mut printer = Printer::default();
    let printed = printer.message(message.view(), encoded.bytes(), 0);
    printed.map_err(|fault| fault.into_bad(""))?;
    Ok(printer.out)
}

impl fmt::Display for BadJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for BadJson {}
