use std::path::Path;

use quartet::interceptors::BearerToken;

/// Reads a file of callers: a name and a token on each line; empty lines and lines that start with
/// `#` are ignored.
///
/// # Errors
/// A message for the user, which names the line and never shows a token.
pub fn read(path: &Path) -> Result<Vec<(String, String)>, String> {
    let file = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("can't read --tokens {file}: {error}"))?;
    parse(&text).map_err(|why| format!("--tokens {file}: {why}"))
}

fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut callers: Vec<(String, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (name, token) = match fields[..] {
            [] => continue,
            [first, ..] if first.starts_with('#') => continue,
            [name, token] => (name, token),
            [_] => return Err(format!("line {number} has a name but no token: write NAME TOKEN")),
            _ => return Err(format!("line {number} has more than two words: write NAME TOKEN")),
        };
        if BearerToken::new(token).is_err() {
            return Err(format!("line {number}: the token has a character that can't be sent"));
        }
        if callers.iter().any(|(_, known)| known == token) {
            return Err(format!("line {number}: the token is already used above"));
        }
        callers.push((name.to_owned(), token.to_owned()));
    }
    if callers.is_empty() {
        return Err("it lists no callers: write NAME TOKEN in each line".to_owned());
    }
    Ok(callers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_read_line_by_line() {
        let callers = parse("# who may call\nada  s3same\n\n\tbob open \n").unwrap();
        let expected = [("ada", "s3same"), ("bob", "open")];
        assert_eq!(callers, expected.map(|(name, token)| (name.to_owned(), token.to_owned())));
    }

    #[test]
    fn what_is_wrong_names_its_line_and_no_token() {
        for (text, why) in [
            ("", "no caller"),
            ("# nobody\n", "no caller"),
            ("ada s3same\nbob\n", "line 2 has a name but no token"),
            ("\nada s3same s3same\n", "line 2 has more than two words"),
            ("ada s3same\nbob s3same", "line 2: the token is already used above"),
            ("ada s3sameä", "line 1: the token has a character"),
        ] {
            let seen = parse(text).unwrap_err();
            assert!(seen.contains(why) && !seen.contains("s3same"), "{text:?}: {seen}");
        }
    }
}
