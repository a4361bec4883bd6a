//! What the end of a log says.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// As much of a log as is ever looked at.
const ENOUGH: u64 = 1 << 20;

/// A log from an offset on; its end, if it is too long. One that can't be read is empty.
pub fn read(path: &Path, offset: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let start = offset.max(file.metadata()?.len().saturating_sub(ENOUGH));
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(ENOUGH).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

/// The longest line that is kept whole.
const LONGEST: usize = 500;

/// The last lines of a text, each as long as a person reads.
pub fn last_lines(text: &str, lines: usize) -> Vec<String> {
    let all: Vec<_> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].iter().map(|line| cut(line)).collect()
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        None => line.into(),
        Some((end, _)) => format!("{}... ({} bytes)", &line[..end], line.len()),
    }
}

/// The last line that says something, of the first log that has one.
pub fn last_word(logs: &[&Path]) -> Option<String> {
    logs.iter().find_map(|log| last_word_of(&read(log, 0)))
}

/// Stack traces are indented; the line above them says what happened.
fn last_word_of(text: &str) -> Option<String> {
    let says_something = |line: &&str| {
        !line.is_empty()
            && !line.starts_with(char::is_whitespace)
            && !line.starts_with("note: run with `RUST_BACKTRACE")
            && !line.starts_with("Node.js v")
            && !line.starts_with("For more information, try")
    };
    let word = text.lines().map(str::trim_end).rfind(says_something)?;
    Some(word.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_not_in_a_stack_trace() {
        for (text, word) in [
            ("one\ntwo\n\n", "two"),
            (
                "Exception in thread \"main\" java.lang.AssertionError: 1 != 2\n\tat A.b(A.java:1)\n",
                "Exception in thread \"main\" java.lang.AssertionError: 1 != 2",
            ),
            (
                "Traceback (most recent call last):\n  File \"a.py\"\nValueError: no\n",
                "ValueError: no",
            ),
            ("Error: no\n    at a.js:1\n\nNode.js v20.1.0\n", "Error: no"),
        ] {
            assert_eq!(last_word_of(text).as_deref(), Some(word));
        }
        assert_eq!(last_word_of(" \n"), None);
    }

    #[test]
    fn the_last_lines_are_not_more_than_there_are() {
        assert_eq!(last_lines("a\nb\nc\n", 2), ["b", "c"]);
        assert_eq!(last_lines("a", 2), ["a"]);
    }

    #[test]
    fn a_line_that_nobody_reads_is_cut() {
        let line = "ä".repeat(LONGEST);
        assert_eq!(last_lines(&line, 1), [line.as_str()]);
        let cut = &last_lines(&format!("{line}ä"), 1)[0];
        assert_eq!(*cut, format!("{line}... (1002 bytes)"));
    }
}
