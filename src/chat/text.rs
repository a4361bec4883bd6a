use std::borrow::Cow;

/// A text that came from elsewhere, fit for one line of a log or a terminal: control
/// characters (line ends, escape sequences) are escaped.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return text.into();
    }
    let mut line = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c.is_control() {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    line.into()
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn only_control_characters_are_escaped() {
        assert_eq!(one_line("Grüße, 世界 \"quoted\" \\"), "Grüße, 世界 \"quoted\" \\");
        assert_eq!(one_line("a\nb\x1b[31m"), "a\\nb\\u{1b}[31m");
    }
}
