use std::borrow::Cow;

use super::super::wire::DEEPEST;
use super::fault::Fault;

/// How many lists and objects may be in one another: a message is one, and the list or map that it
/// is in another.
const NESTED: usize = 2 * DEEPEST + 2;

/// A value that was read; lists and objects are only begun.
#[derive(Debug, PartialEq)]
pub enum Value<'t> {
    Null,
    Bool(bool),
    /// As it was written.
    Number(&'t str),
    String(Cow<'t, str>),
    List,
    Object,
}

/// Reads JSON from the front, value by value. It does not recurse, whatever the text is.
/// <https://www.rfc-editor.org/rfc/rfc8259>
#[derive(Clone)]
pub struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Self {
        Reader { text, at: 0 }
    }

    /// Where the next value, or what is after the last one, begins.
    pub fn position(&mut self) -> usize {
        let rest = self.rest();
        let space = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at += space.count();
        self.at
    }

    /// The value that comes next; of a list or an object only its beginning.
    pub fn value(&mut self) -> Result<Value<'t>, Fault> {
        match self.peek()? {
            b'{' => self.taken(Value::Object),
            b'[' => self.taken(Value::List),
            b'"' => Ok(Value::String(self.string()?)),
            b'-' | b'0'..=b'9' => Ok(Value::Number(self.number()?)),
            _ => {
                let words = [
                    ("null", Value::Null),
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                ];
                let rest = self.rest();
                let word = words.into_iter().find(|(word, _)| rest.starts_with(word));
                let (word, value) = word.ok_or_else(|| self.unexpected("a value"))?;
                self.at += word.len();
                Ok(value)
            }
        }
    }

    /// Takes `null`, if that is next.
    pub fn null(&mut self) -> Result<bool, Fault> {
        Ok(self.peek()? == b'n' && self.value()? == Value::Null)
    }

    /// The name of an object's next member, and where it stands; `None` at its end. `first` is
    /// about the first one.
    pub fn member(&mut self, first: &mut bool) -> Result<Option<(usize, Cow<'t, str>)>, Fault> {
        if !self.another(first, b'}')? {
            return Ok(None);
        }
        let at = self.position();
        if self.peek()? != b'"' {
            return Err(self.unexpected("the name of a field, in quotes,"));
        }
        let name = self.string()?;
        if self.peek()? != b':' {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        Ok(Some((at, name)))
    }

    /// Whether a list has another item, which is next.
    pub fn item(&mut self, first: &mut bool) -> Result<bool, Fault> {
        self.another(first, b']')
    }

    fn another(&mut self, first: &mut bool, end: u8) -> Result<bool, Fault> {
        let next = self.peek()?;
        if next == end {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            if next != b',' {
                return Err(self.unexpected(if end == b'}' { "`,` or `}`" } else { "`,` or `]`" }));
            }
            self.at += 1;
        }
        Ok(true)
    }

    /// Passes over a value that is not nested too deep, and gives its text.
    pub fn skip(&mut self) -> Result<&'t str, Fault> {
        let start = self.position();
        // For each list or object that is open: whether it is an object, and not begun.
        let mut open: Vec<(bool, bool)> = Vec::new();
        loop {
            if open.len() > NESTED {
                return Err(Fault::deep(self.at));
            }
            match self.value()? {
                Value::List => open.push((false, true)),
                Value::Object => open.push((true, true)),
                _ => {}
            }
            while let Some((object, first)) = open.last_mut() {
                let more = match object {
                    true => self.member(first)?.is_some(),
                    false => self.item(first)?,
                };
                if more {
                    break;
                }
                open.pop();
            }
            if open.is_empty() {
                return Ok(&self.text[start..self.at]);
            }
        }
    }

    /// The value that begins there, shortened.
    pub fn shown(&self, at: usize) -> String {
        const LONGEST: usize = 40;
        let mut from = Reader { text: self.text, at };
        let text = from.skip().unwrap_or(&self.text[at..]);
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        }
    }

    /// Only space may be left.
    pub fn end(&mut self) -> Result<(), Fault> {
        match self.position() == self.text.len() {
            true => Ok(()),
            false => Err(self.unexpected("the end")),
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn taken(&mut self, value: Value<'t>) -> Result<Value<'t>, Fault> {
        self.at += 1;
        Ok(value)
    }

    fn peek(&mut self) -> Result<u8, Fault> {
        let at = self.position();
        let next = self.text.as_bytes().get(at).copied();
        next.ok_or_else(|| Fault::syntax(at, "the text ends in the middle of a value"))
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = self.rest().chars().next().map_or(String::new(), |c| format!(", not {c:?}"));
        Fault::syntax(self.at, format!("{wanted} is expected here{found}"))
    }

    fn number(&mut self) -> Result<&'t str, Fault> {
        let rest = self.rest();
        let length = number_length(rest.as_bytes());
        let after = length.and_then(|length| rest.as_bytes().get(length));
        match length {
            Some(length) if !after.is_some_and(|c| c.is_ascii_alphanumeric() || *c == b'.') => {
                self.at += length;
                Ok(&rest[..length])
            }
            _ => Err(Fault::syntax(self.at, "a number is not valid JSON")),
        }
    }

    fn string(&mut self) -> Result<Cow<'t, str>, Fault> {
        self.at += 1;
        let start = self.at;
        let mut string = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let plain = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            let Some(plain) = plain else {
                return Err(Fault::syntax(start, "a string is not closed"));
            };
            match &mut string {
                Cow::Borrowed("") => string = Cow::Borrowed(&rest[..plain]),
                string => string.to_mut().push_str(&rest[..plain]),
            }
            self.at += plain + 1;
            match rest.as_bytes()[plain] {
                b'"' => return Ok(string),
                b'\\' => string.to_mut().push(self.escaped()?),
                _ => {
                    return Err(Fault::syntax(
                        self.at - 1,
                        "a control character in a string must be escaped",
                    ));
                }
            }
        }
    }

    /// What is behind a backslash.
    fn escaped(&mut self) -> Result<char, Fault> {
        let bad = |at| Fault::syntax(at, "a string has an escape that JSON does not have");
        let escape = *self.rest().as_bytes().first().ok_or_else(|| bad(self.at))?;
        let at = self.at;
        self.at += 1;
        Ok(match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex().ok_or_else(|| bad(at))?;
                let mut units = vec![first];
                if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
                    self.at += 2;
                    units.push(self.hex().ok_or_else(|| bad(at))?);
                }
                match char::decode_utf16(units).next() {
                    Some(Ok(c)) => c,
                    _ => return Err(Fault::syntax(at, "a string has half of a surrogate pair")),
                }
            }
            _ => {
                self.at = at;
                return Err(bad(at));
            }
        })
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4).filter(|it| it.bytes().all(|c| c.is_ascii_hexdigit()))?;
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }
}

/// How long the number at the front is, if there is one.
pub fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    at += match digits(at) {
        0 => return None,
        more if more > 1 && text[at] == b'0' => return None,
        some => some,
    };
    if text.get(at) == Some(&b'.') {
        at += match digits(at + 1) {
            0 => return None,
            some => 1 + some,
        };
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1;
        at += usize::from(matches!(text.get(at), Some(b'+' | b'-')));
        at += match digits(at) {
            0 => return None,
            some => some,
        };
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::{Reader, Value, number_length};

    #[test]
    fn strings_have_their_escapes_undone() {
        let read = |text: &str| match Reader::new(text).value() {
            Ok(Value::String(string)) => Ok(string.into_owned()),
            other => Err(format!("{other:?}")),
        };
        let text = r#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 ü""#;
        assert_eq!(read(text).unwrap(), "a\"\\/\u{8}\u{c}\n\r\té😀 ü");
        for wrong in [r#""\ud83d""#, r#""\ude00""#, r#""\ud83d\u0041""#, r#""\x""#, "\"\n\"", "\""]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_those_of_json() {
        for number in ["0", "-0", "12", "1.50", "1e3", "1E-3", "-1.5e+10"] {
            assert_eq!(number_length(number.as_bytes()), Some(number.len()), "{number}");
        }
        for wrong in ["01", "+1", ".5", "1.", "1e", "-", "1x", "0x10", "1.2.3"] {
            assert!(Reader::new(wrong).value().is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_passed_over() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(Reader::new(&nested(200)).skip().unwrap().len(), 400);
        assert!(Reader::new(&nested(1_000_000)).skip().is_err());
        let text = r#" {"a": [1, {"b": null}], "c": "}"} rest"#;
        assert_eq!(Reader::new(text).skip().unwrap(), r#"{"a": [1, {"b": null}], "c": "}"}"#);
        for wrong in ["[1 2]", "{\"a\" 1}", "{1: 2}", "[1,]x", "nul"] {
            assert!(Reader::new(wrong).skip().is_err(), "{wrong}");
        }
    }
}
