use std::io::{self, BufRead};

use super::{BadJson, Encoded, MessageType, parse};

/// One JSON value of several in a text.
#[derive(Debug, PartialEq)]
pub struct Value {
    /// The line where it begins, from 1.
    pub line: u64,
    /// The value.
    pub text: String,
}

impl Value {
    /// Makes a message of it.
    ///
    /// # Errors
    /// As [`parse`]; the line is that of the whole text.
    pub fn parse(&self, message: &MessageType) -> Result<Encoded, BadJson> {
        parse(message, &self.text).map_err(|bad| BadJson { line: bad.line + self.line - 1, ..bad })
    }
}

/// The values in a text, in a row, with or without line breaks between them; each is available as
/// soon as its last byte is read. They are checked to be JSON only when parsed. A value over 256
/// MiB is an error.
pub fn values(source: impl BufRead) -> impl Iterator<Item = io::Result<Value>> {
    let mut splitter = Splitter { bytes: source.bytes(), line: 1, length: 0, ahead: None };
    std::iter::from_fn(move || splitter.next().transpose())
}

/// How long a value may be: one that never ends would take all memory.
const LONGEST: usize = 256 << 20;

struct Splitter<B> {
    bytes: B,
    line: u64,
    /// How many bytes of the value were read.
    length: usize,
    /// A byte that was read and belongs to the next value.
    ahead: Option<u8>,
}

impl<B: Iterator<Item = io::Result<u8>>> Splitter<B> {
    fn byte(&mut self) -> io::Result<Option<u8>> {
        if let Some(byte) = self.ahead.take() {
            return Ok(Some(byte));
        }
        self.length += 1;
        if self.length > LONGEST {
            let why = format!("line {}: a value has more than {LONGEST} bytes", self.line);
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        self.bytes.next().transpose()
    }

    fn next(&mut self) -> io::Result<Option<Value>> {
        let first = loop {
            self.length = 0;
            match self.byte()? {
                None => return Ok(None),
                Some(b'\n') => self.line += 1,
                Some(byte) if byte.is_ascii_whitespace() => {}
                Some(byte) => break byte,
            }
        };
        let line = self.line;
        let mut bytes = vec![first];
        match first {
            b'{' | b'[' => self.nested(&mut bytes)?,
            b'"' => self.string(&mut bytes)?,
            _ => self.word(&mut bytes)?,
        }
        let text = String::from_utf8(bytes).map_err(|_| {
            let why = format!("line {line}: the value that begins here is not UTF-8");
            io::Error::new(io::ErrorKind::InvalidData, why)
        })?;
        Ok(Some(Value { line, text }))
    }

    /// To the end of what was opened.
    fn nested(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let mut depth = 1;
        while depth > 0 {
            let Some(byte) = self.byte()? else { return Ok(()) };
            bytes.push(byte);
            match byte {
                b'"' => self.string(bytes)?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'\n' => self.line += 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// To the closing quote.
    fn string(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let mut escaped = false;
        while let Some(byte) = self.byte()? {
            bytes.push(byte);
            self.line += u64::from(byte == b'\n');
            match byte {
                b'"' if !escaped => break,
                byte => escaped = byte == b'\\' && !escaped,
            }
        }
        Ok(())
    }

    /// To a space, or to what begins another value.
    fn word(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        while let Some(byte) = self.byte()? {
            if byte.is_ascii_whitespace() || matches!(byte, b'{' | b'[' | b'"') {
                self.ahead = Some(byte);
                break;
            }
            bytes.push(byte);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_come_one_by_one_with_their_lines() {
        let text = "{\"a\": \"}\\\"\"}{\"b\":\n[1]}\n\n 12 null\"x\ny\" {";
        let seen: Vec<_> = values(text.as_bytes()).map(|value| value.unwrap()).collect();
        let seen: Vec<_> = seen.iter().map(|value| (value.line, value.text.as_str())).collect();
        let expected = [
            (1, "{\"a\": \"}\\\"\"}"),
            (1, "{\"b\":\n[1]}"),
            (4, "12"),
            (4, "null"),
            (4, "\"x\ny\""),
            (5, "{"),
        ];
        assert_eq!(seen, expected);
        assert!(values(&b"\"\xff\""[..]).next().unwrap().is_err());
    }
}
