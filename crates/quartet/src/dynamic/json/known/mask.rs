//! FieldMask: paths with commas between them, in lowerCamelCase.

/// The paths as the message has them.
pub fn parse(text: &str) -> Result<Vec<String>, String> {
    text.split(',').filter(|path| !path.is_empty()).map(snake).collect()
}

/// The paths as JSON has them.
pub fn print<'a>(paths: impl Iterator<Item = &'a str>) -> Result<String, String> {
    Ok(paths.map(camel).collect::<Result<Vec<_>, _>>()?.join(","))
}

fn snake(path: &str) -> Result<String, String> {
    let mut snake = String::with_capacity(path.len() + 4);
    for c in path.chars() {
        match c {
            '_' => return Err(format!("`{path}` must be in lowerCamelCase, without `_`")),
            'A'..='Z' => snake.extend(['_', c.to_ascii_lowercase()]),
            c => snake.push(c),
        }
    }
    Ok(snake)
}

fn camel(path: &str) -> Result<String, String> {
    let no_way_back = || format!("the FieldMask path `{path}` can't be written as JSON");
    let mut camel = String::with_capacity(path.len());
    let mut letters = path.chars();
    while let Some(c) = letters.next() {
        match c {
            '_' => match letters.next() {
                Some(c @ 'a'..='z') => camel.push(c.to_ascii_uppercase()),
                _ => return Err(no_way_back()),
            },
            'A'..='Z' => return Err(no_way_back()),
            c => camel.push(c),
        }
    }
    Ok(camel)
}

#[cfg(test)]
mod tests {
    use super::{parse, print};

    #[test]
    fn paths_change_their_case_and_come_back() {
        assert_eq!(parse("user.displayName,photo").unwrap(), ["user.display_name", "photo"]);
        assert!(parse("").unwrap().is_empty());
        let paths = ["user.display_name", "photo"];
        assert_eq!(print(paths.into_iter()).unwrap(), "user.displayName,photo");
        assert!(parse("display_name").is_err());
        for path in ["displayName", "a_1", "a_", "a__b"] {
            assert!(print([path].into_iter()).is_err(), "{path}");
        }
    }
}
