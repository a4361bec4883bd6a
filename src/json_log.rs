//! A log for programs: a JSON object in a line for each record.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::SystemTime;

use log::Record;
use log::kv::{self, Key, Value, VisitSource, VisitValue};

use crate::text;

/// Writes a record as one object in one line: `ts` (RFC 3339, UTC), `level`, `target`, `message`,
/// and its key-values, but for those that are null.
pub(super) fn write_line<W: Write>(out: &mut W, record: &Record<'_>) -> io::Result<()> {
    let mut line = Line("{".to_owned());
    line.text("ts", humantime::format_rfc3339_micros(SystemTime::now()));
    line.text("level", record.level().as_str().to_ascii_lowercase());
    line.text("target", record.target());
    line.text("message", record.args());
    // No key-value of a log is an error here.
    let _ = record.key_values().visit(&mut line);
    writeln!(out, "{}}}", text::json(&line.0))
}

/// The line so far.
struct Line(String);

impl Line {
    fn text(&mut self, key: &str, value: impl Display) {
        self.raw(key, serde_json::Value::from(value.to_string()));
    }

    /// Adds a member whose value is JSON.
    fn raw(&mut self, key: &str, value: impl Display) {
        let comma = if self.0.len() > 1 { "," } else { "" };
        self.0 += &format!("{comma}{}:{value}", serde_json::Value::from(key));
    }
}

impl<'kvs> VisitSource<'kvs> for Line {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        value.visit(Member { line: self, key: key.as_str() })
    }
}

/// The member that is being added.
struct Member<'a> {
    line: &'a mut Line,
    key: &'a str,
}

impl<'v> VisitValue<'v> for Member<'_> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), kv::Error> {
        self.line.text(self.key, value);
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), kv::Error> {
        Ok(())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), kv::Error> {
        self.line.raw(self.key, value);
        Ok(())
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), kv::Error> {
        self.line.raw(self.key, value);
        Ok(())
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), kv::Error> {
        // Neither NaN nor infinity is JSON: both become null.
        self.line.raw(self.key, serde_json::Value::from(value));
        Ok(())
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), kv::Error> {
        self.line.raw(self.key, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_object() {
        let pairs: &[(&str, Value<'_>)] = &[
            ("n", Value::from(3u64)),
            ("ms", Value::from(0.25)),
            ("nan", Value::from(f64::NAN)),
            ("yes", Value::from(true)),
            ("name", Value::from("a \"b\"\n")),
            ("nothing", Value::null()),
        ];
        let mut out = Vec::new();
        let record = Record::builder()
            .args(format_args!("two\nlines"))
            .level(log::Level::Warn)
            .target("t")
            .key_values(&pairs)
            .build();
        write_line(&mut out, &record).expect("a vector takes everything");
        let text = String::from_utf8(out).expect("JSON is text");
        assert_eq!(text.lines().count(), 1, "{text}");
        let mut object: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let ts = object["ts"].take();
        let ts = ts.as_str().expect("the time is a text");
        assert!(humantime::parse_rfc3339(ts).is_ok(), "{ts}");
        let expected = serde_json::json!({
            "ts": null, "level": "warn", "target": "t", "message": "two\nlines", "n": 3,
            "ms": 0.25, "nan": null, "yes": true, "name": "a \"b\"\n",
        });
        assert_eq!(object, expected);
    }
}
