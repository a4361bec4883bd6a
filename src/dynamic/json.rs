//! Messages from JSON, and as JSON, by protobuf's mapping.
//! <https://protobuf.dev/programming-guides/json/>

mod blame;
mod values;

use std::fmt;

use protobuf::reflect::MessageDescriptor;
use protobuf_json_mapping::{ParseError, parse_dyn_from_str, print_to_string};

use super::Encoded;

pub use values::{Value, values};

/// Why a text is not the JSON of a message.
#[derive(Debug)]
pub struct BadJson {
    /// Where it is wrong, or where the value begins; from 1.
    pub line: u64,
    /// What is wrong, with the field, if it is one.
    pub why: String,
}

/// Makes a message of a text.
///
/// # Errors
/// When it is no JSON, or does not fit the message.
pub fn parse(message: &MessageDescriptor, text: &str) -> Result<Encoded, BadJson> {
    let parsed = parse_dyn_from_str(message, text).map_err(|error| bad(message, text, &error))?;
    let bytes = parsed.write_to_bytes_dyn();
    Ok(bytes.map_err(|error| BadJson { line: 1, why: error.to_string() })?.into())
}

/// The JSON of a message, in one line.
///
/// # Errors
/// When the bytes are not such a message, or JSON can't express it.
pub fn print(message: &MessageDescriptor, encoded: &Encoded) -> Result<String, BadJson> {
    let bad = |error: &dyn fmt::Display| BadJson { line: 1, why: error.to_string() };
    let decoded = message.parse_from_bytes(encoded.bytes()).map_err(|error| bad(&error))?;
    print_to_string(&*decoded).map_err(|error| bad(&error))
}

/// JSON in lines, for people: the fields keep their order.
pub fn pretty(json: &str) -> String {
    let mut lines = String::with_capacity(json.len() * 2);
    let mut tokens = json.chars().peekable();
    let mut depth = 0;
    let indent = |lines: &mut String, depth| {
        lines.push('\n');
        lines.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(token) = tokens.next() {
        match token {
            '"' => {
                lines.push('"');
                while let Some(c) = tokens.next() {
                    lines.push(c);
                    match c {
                        '\\' => lines.extend(tokens.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                lines.push(token);
                while tokens.next_if(|c| c.is_whitespace()).is_some() {}
                match tokens.next_if(|c| matches!(c, '}' | ']')) {
                    Some(end) => lines.push(end),
                    None => {
                        depth += 1;
                        indent(&mut lines, depth);
                    }
                }
            }
            '}' | ']' => {
                depth -= 1;
                indent(&mut lines, depth);
                lines.push(token);
            }
            ',' => {
                lines.push(',');
                indent(&mut lines, depth);
            }
            ':' => lines.push_str(": "),
            token if token.is_whitespace() => {}
            token => lines.push(token),
        }
    }
    lines
}

/// Says which field it is, where that can be found out.
fn bad(message: &MessageDescriptor, text: &str, error: &ParseError) -> BadJson {
    let told = error.to_string();
    // The location can be had from the text only: `… at LINE:COLUMN`.
    let (why, line) = match told.rsplit_once(" at ") {
        Some((why, at)) => (why, at.split(':').next().and_then(|line| line.parse().ok())),
        None => (told.as_str(), None),
    };
    let line = line.unwrap_or(1);
    let why = match serde_json::from_str(text) {
        Ok(value) => blame::field(message, &value).unwrap_or_else(|| why.to_owned()),
        Err(error) => {
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or(&why);
            return BadJson { line: error.line() as u64, why: format!("not JSON: {why}") };
        }
    };
    BadJson { line, why }
}

impl fmt::Display for BadJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for BadJson {}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn pretty_json_has_lines_and_the_same_strings() {
        let json = r#"{"a": "x,{\" y","b":[1,2],"c": {},"d":{"e":[]}}"#;
        let lines = "{\n  \"a\": \"x,{\\\" y\",\n  \"b\": [\n    1,\n    2\n  ],\n  \"c\": {},\n  \
                     \"d\": {\n    \"e\": []\n  }\n}";
        assert_eq!(pretty(json), lines);
    }
}
