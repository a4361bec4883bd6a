//! Texts that came from elsewhere, made fit for a terminal.
//!
//! A server or a caller can put anything into a name, a message or an error: an escape sequence
//! that rewrites the screen or the clipboard, a line end that fakes a line, a bidi control that
//! shows a text in another order than it has (CVE-2021-42574). All that the programs print and
//! log goes through one of these functions.

use std::borrow::Cow;
use std::fmt::Write;

/// In one line: control characters, line ends among them, bidi controls and Unicode's line and
/// paragraph separators are escaped as Rust writes them.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, acts, |c, line| line.extend(c.escape_default()))
}

/// The same in several lines: line ends stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && acts(c), |c, line| line.extend(c.escape_default()))
}

/// The same for JSON, whose values stay what they are: what JSON itself leaves as it is in a
/// string is escaped too.
pub fn json(json: &str) -> Cow<'_, str> {
    // JSON has line ends between values, and none of the others.
    escaped(
        json,
        |c| c != '\n' && acts(c),
        |c, json| {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // A string takes everything.
                let _ = write!(json, "\\u{unit:04x}");
            }
        },
    )
}

/// Whether a terminal does something at this character, other than to show it.
fn acts(c: char) -> bool {
    let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let separator = matches!(c, '\u{2028}' | '\u{2029}');
    c.is_control() || bidi || separator
}

fn escaped(
    text: &str,
    wanted: impl Fn(char) -> bool,
    mut escape: impl FnMut(char, &mut String),
) -> Cow<'_, str> {
    if !text.chars().any(&wanted) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match wanted(c) {
            true => escape(c, &mut safe),
            false => safe.push(c),
        }
    }
    safe.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ESC, BEL, DEL, C1's CSI, every bidi control, the separators.
    const ACTING: &str = "\x1b\x07\x7f\u{9b}\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\
                          \u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{2028}\u{2029}\r";

    #[test]
    fn what_only_shows_is_left_alone() {
        let text = "Grüße, 世界 \"quoted\" \\ 👩\u{200d}🚀 سلام";
        assert_eq!(one_line(text), text);
        assert_eq!(lines(text), text);
        assert_eq!(json(text), text);
    }

    #[test]
    fn what_acts_is_escaped() {
        assert_eq!(one_line("a\nb\x1b[31m"), "a\\nb\\u{1b}[31m");
        assert_eq!(lines("a\nb\x1b[31m\u{202e}"), "a\nb\\u{1b}[31m\\u{202e}");
        for c in ACTING.chars() {
            let text = c.to_string();
            for safe in [one_line(&text), lines(&text), json(&text)] {
                assert!(safe.is_ascii() && safe.len() > 1, "{c:?} became {safe:?}");
            }
        }
    }

    #[test]
    fn json_keeps_its_values() {
        let value = serde_json::json!({ ACTING: [ACTING, "\n\t"] });
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let safe = json(&pretty);
        assert!(safe.bytes().all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)), "{safe:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }
}
