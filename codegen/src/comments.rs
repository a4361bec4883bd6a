//! The comments of services and methods, which the parser leaves out.

mod tokens;

use std::collections::HashMap;

use tokens::{Token, TokenKind, tokens};

/// The comments in a proto file, by `Service` and `Service.Method`; each is its
/// lines, without the comment markers.
#[derive(Default)]
pub struct Comments(HashMap<String, Vec<String>>);

impl Comments {
    /// Finds the comments in the text of a proto file that has no syntax errors.
    ///
    /// As with protoc, the comment of a declaration ends on the line before it;
    /// without one, a comment behind the declaration on the same line counts.
    pub fn scan(text: &str) -> Self {
        let mut comments = Comments::default();
        let tokens = tokens(text);
        let code: Vec<_> = (0..tokens.len()).filter(|&i| tokens[i].comment().is_none()).collect();
        let mut depth = 0;
        let mut service = None;
        for (at, &index) in code.iter().enumerate() {
            match tokens[index].kind {
                TokenKind::Symbol('{') => depth += 1,
                TokenKind::Symbol('}') => depth -= 1,
                TokenKind::Word(keyword) if begins_statement(&tokens, &code, at) => {
                    let Some(TokenKind::Word(name)) = code.get(at + 1).map(|&i| &tokens[i].kind)
                    else {
                        continue;
                    };
                    let key = match (keyword, depth, service) {
                        ("service", 0, _) => {
                            service = Some(*name);
                            name.to_string()
                        }
                        ("rpc", 1, Some(service)) => format!("{service}.{name}"),
                        _ => continue,
                    };
                    if let Some(text) = comment_of(&tokens, index) {
                        comments.0.insert(key, text);
                    }
                }
                _ => {}
            }
        }
        comments
    }

    /// The lines of the comment of a service; none without a comment.
    pub fn service(&self, service: &str) -> &[String] {
        self.0.get(service).map_or(&[], Vec::as_slice)
    }

    /// The lines of the comment of a method; none without a comment.
    pub fn method(&self, service: &str, method: &str) -> &[String] {
        self.service(&format!("{service}.{method}"))
    }
}

fn begins_statement(tokens: &[Token], code: &[usize], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| &tokens[code[before]].kind);
    matches!(before, None | Some(TokenKind::Symbol('{' | '}' | ';')))
}

fn comment_of(tokens: &[Token], declaration: usize) -> Option<Vec<String>> {
    leading(tokens, declaration).or_else(|| trailing(tokens, declaration))
}

fn leading(tokens: &[Token], declaration: usize) -> Option<Vec<String>> {
    let (last, before) = tokens[..declaration].split_last()?;
    let lines = last.comment()?;
    let behind_code = before
        .iter()
        .rfind(|token| token.comment().is_none())
        .is_some_and(|token| token.last_line == last.line);
    let touches = tokens[declaration].line - last.last_line <= 1;
    let belongs = touches && (!behind_code || tokens[declaration].line == last.line);
    belongs.then(|| lines.to_vec())
}

fn trailing(tokens: &[Token], declaration: usize) -> Option<Vec<String>> {
    let rest = &tokens[declaration..];
    let end = rest.iter().position(|token| matches!(token.kind, TokenKind::Symbol(';' | '{')))?;
    let line = rest[end].line;
    rest[end..]
        .iter()
        .take_while(|token| token.line == line)
        .find_map(|token| token.comment().map(<[_]>::to_vec))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(text: &str) -> Vec<String> {
        Comments::scan(text).service("S").to_vec()
    }

    fn method(text: &str) -> Vec<String> {
        let text = format!("service S {{\n{text}\n}}");
        Comments::scan(&text).method("S", "M").to_vec()
    }

    #[test]
    fn the_comment_directly_before_counts() {
        assert_eq!(service("// One\n//\n//  two\nservice S {}"), ["One", "", " two"]);
        assert_eq!(service("/* One */ service S {}"), ["One"]);
        assert_eq!(service("/**\n * One\n * two\n */\nservice S {}"), ["One", "two"]);
        assert_eq!(method("// One\nrpc M(A) returns (B);"), ["One"]);
    }

    #[test]
    fn a_comment_further_up_does_not() {
        assert!(service("// One\n\nservice S {}").is_empty());
        assert_eq!(service("// One\n\n// Two\nservice S {}"), ["Two"]);
        assert_eq!(service("/* One */\n// Two\nservice S {}"), ["Two"]);
    }

    #[test]
    fn a_comment_behind_something_belongs_to_that() {
        assert_eq!(
            method("rpc A(A) returns (B); // Of A\nrpc M(A) returns (B); // Of M"),
            ["Of M"]
        );
        assert!(method("rpc A(A) returns (B); // Of A\nrpc M(A) returns (B);").is_empty());
        assert_eq!(
            method("rpc A(A) returns (B); // Of A\n// Of M\nrpc M(A) returns (B);"),
            ["Of M"]
        );
    }

    #[test]
    fn a_comment_on_the_same_line_is_the_fallback() {
        assert_eq!(service("service S { // One\n}"), ["One"]);
        assert_eq!(method("rpc M(A)\n returns (B) {} // One"), ["One"]);
        assert_eq!(method("// One\nrpc M(A) returns (B); // Two"), ["One"]);
        assert!(method("rpc M(A) returns (B);\n// One").is_empty());
    }

    #[test]
    fn comment_markers_and_braces_in_strings_are_text() {
        let text = r#"
            option go_package = "http://x{\"// no";
            option x = '/* "';
            // One
            service S {
              option (y) = { a: "}" b { c: "// no" } };
              // Two
              rpc M(stream .a.B) returns (stream C) { option (z) = { get: "/v1/*" }; }
            }"#;
        let comments = Comments::scan(text);
        assert_eq!(comments.service("S"), ["One"]);
        assert_eq!(comments.method("S", "M"), ["Two"]);
    }

    #[test]
    fn only_declarations_have_comments() {
        let text = "message X {\n// No\nS service = 1;\n// No\nservice S = 2; }\n\
                    // Yes\nservice rpc {\n// Yes, too\nrpc service(A) returns (B);\n}";
        let comments = Comments::scan(text);
        assert!(comments.service("S").is_empty());
        assert_eq!(comments.service("rpc"), ["Yes"]);
        assert_eq!(comments.method("rpc", "service"), ["Yes, too"]);
    }

    #[test]
    fn odd_text_is_kept() {
        assert_eq!(service("/// [x] <T> \"q\" \\ ü\nservice S {}"), ["[x] <T> \"q\" \\ ü"]);
        assert_eq!(service("// a\r\n// b\r\nservice S {}"), ["a", "b"]);
        assert_eq!(service("/* never closed"), [""; 0]);
    }
}
