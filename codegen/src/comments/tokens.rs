//! A proto file, cut in as many kinds of tokens as finding comments takes.

/// A token and the lines it is on.
pub struct Token<'a> {
    pub kind: TokenKind<'a>,
    pub line: usize,
    pub last_line: usize,
}

pub enum TokenKind<'a> {
    /// An identifier, a number or a part of one.
    Word(&'a str),
    /// A string, of which nothing matters.
    String,
    /// Any other character.
    Symbol(char),
    /// The lines of `//` comments, one below the other.
    LineComment(Vec<String>),
    /// The lines of a `/* */` comment.
    BlockComment(Vec<String>),
}

impl Token<'_> {
    /// The lines of a comment, without the comment markers.
    pub fn comment(&self) -> Option<&[String]> {
        match &self.kind {
            TokenKind::LineComment(lines) | TokenKind::BlockComment(lines) => Some(lines),
            _ => None,
        }
    }
}

/// Cuts the text in tokens; text without an end mark, as of a string, goes on to
/// the end.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    let mut line = newlines(&text[..text.len() - rest.len()]);
    while let Some(first) = rest.chars().next() {
        let length = length(rest, first);
        let (token, tail) = rest.split_at(length);
        let token = Token { kind: kind(token, first), line, last_line: line + newlines(token) };
        rest = tail.trim_start();
        line = token.last_line + newlines(&tail[..tail.len() - rest.len()]);
        push(&mut tokens, token);
    }
    tokens
}

/// Appends a token, or the line of a `//` to the comment that ends a line above.
fn push<'a>(tokens: &mut Vec<Token<'a>>, mut token: Token<'a>) {
    if let (TokenKind::LineComment(line), [before @ .., above]) =
        (&mut token.kind, tokens.as_mut_slice())
        && let TokenKind::LineComment(lines) = &mut above.kind
        && above.last_line + 1 == token.line
        && before.last().is_none_or(|before| before.last_line < above.line)
    {
        lines.append(line);
        above.last_line = token.line;
    } else {
        tokens.push(token);
    }
}

fn length(rest: &str, first: char) -> usize {
    if rest.starts_with("//") {
        rest.find('\n').unwrap_or(rest.len())
    } else if rest.starts_with("/*") {
        rest.find("*/").map_or(rest.len(), |end| end + 2)
    } else if matches!(first, '"' | '\'') {
        string_length(rest, first)
    } else if is_word(first) {
        rest.find(|c| !is_word(c)).unwrap_or(rest.len())
    } else {
        first.len_utf8()
    }
}

fn string_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn kind(token: &str, first: char) -> TokenKind<'_> {
    if token.starts_with("//") {
        let line = token.trim_start_matches('/');
        TokenKind::LineComment(vec![unpad(line)])
    } else if let Some(block) = token.strip_prefix("/*") {
        TokenKind::BlockComment(block_lines(block.trim_end_matches("*/")))
    } else if matches!(first, '"' | '\'') {
        TokenKind::String
    } else if is_word(first) {
        TokenKind::Word(token)
    } else {
        TokenKind::Symbol(first)
    }
}

/// The lines of a block, without the stars at their margin and without empty
/// lines around them.
fn block_lines(block: &str) -> Vec<String> {
    let mut lines: Vec<_> =
        block.lines().map(|line| unpad(line.trim_start().trim_start_matches('*'))).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let empty = lines.iter().take_while(|line| line.is_empty()).count();
    lines.split_off(empty)
}

/// A line without the space after a comment marker and without those at its end.
fn unpad(line: &str) -> String {
    line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|&b| b == b'\n').count()
}
