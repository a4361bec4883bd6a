//! Patterns in which `*` stands for anything, slashes included.

/// Whether the whole text is what the pattern describes.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut tail) = text.strip_prefix(start) else {
        return false;
    };
    loop {
        if matches(rest, tail) {
            return true;
        }
        let mut characters = tail.chars();
        if characters.next().is_none() {
            return false;
        }
        tail = characters.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text) in [
            ("empty_unary", "empty_unary"),
            ("client_compressed_*", "client_compressed_unary"),
            ("*", "bidi/cancel/after-first"),
            ("bidi/*/after-*", "bidi/cancel/after-first"),
            ("*unary*", "unary"),
            ("a*b", "aß😈b"),
        ] {
            assert!(matches(pattern, text), "{pattern} should match {text}");
        }
    }

    #[test]
    fn the_rest_is_itself() {
        for (pattern, text) in
            [("empty", "empty_unary"), ("*_unary", "unary"), ("a*b", "abc"), ("", "a")]
        {
            assert!(!matches(pattern, text), "{pattern} should not match {text}");
        }
    }
}
