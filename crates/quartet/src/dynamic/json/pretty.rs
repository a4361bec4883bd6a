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
