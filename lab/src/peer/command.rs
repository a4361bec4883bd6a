//! Commands with placeholders.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The placeholders that a command may have.
const PLACEHOLDERS: [&str; 15] = [
    "host",
    "port",
    "case",
    "pace",
    "tls",
    "authority",
    "ca",
    "cert",
    "key",
    "variant",
    // of a proxy
    "listen_port",
    "upstream_host",
    "upstream_port",
    "config",
    "folder",
];

/// A command of a peer, word for word, with placeholders.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Command(Vec<String>);

impl TryFrom<Vec<String>> for Command {
    type Error = String;

    fn try_from(words: Vec<String>) -> Result<Self, String> {
        if words.is_empty() {
            return Err("a command has at least one word: the program".into());
        }
        match words.iter().find_map(|word| unknown_placeholder(word)) {
            Some(name) => Err(format!(
                "there is no placeholder {{{name}}}; there are {}",
                PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(", ")
            )),
            None => Ok(Self(words)),
        }
    }
}

impl Command {
    /// The command with the values in the places of their names.
    pub fn fill(&self, values: &Values) -> Vec<String> {
        self.0.iter().map(|word| values.fill(word)).collect()
    }
}

/// What stands for the placeholders. A placeholder without a value stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Values(Vec<(&'static str, String)>);

impl Values {
    /// These, and one more.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        debug_assert!(PLACEHOLDERS.contains(&name));
        self.0.push((name, value.to_string()));
        self
    }

    /// A text with the values in the places of their names.
    pub fn fill(&self, word: &str) -> String {
        let mut filled = String::new();
        let mut rest = word;
        while let Some((before, inside, after)) = next_braces(rest) {
            filled.push_str(before);
            match self.0.iter().find(|(name, _)| *name == inside) {
                Some((_, value)) => filled.push_str(value),
                None => filled.extend(["{", inside, "}"]),
            }
            rest = after;
        }
        filled + rest
    }
}

/// A word's first `{name}`, with what stands before and after it. Other braces are text: flags may
/// well hold JSON.
fn next_braces(text: &str) -> Option<(&str, &str, &str)> {
    for (open, _) in text.match_indices('{') {
        let inside = &text[open + 1..];
        let end = inside.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(0);
        if end > 0 && inside[end..].starts_with('}') {
            return Some((&text[..open], &inside[..end], &inside[end + 1..]));
        }
    }
    None
}

fn unknown_placeholder(word: &str) -> Option<&str> {
    let (_, name, rest) = next_braces(word)?;
    if PLACEHOLDERS.contains(&name) { unknown_placeholder(rest) } else { Some(name) }
}

/// The program as the operating system should look for it: by `PATH` if it is a bare name,
/// otherwise from the peer's folder.
pub fn program(word: &str, folder: &Path) -> PathBuf {
    if word.contains('/') { folder.join(word) } else { word.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> Result<Command, String> {
        Command::try_from(words.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn placeholders_are_filled_and_other_braces_are_text() {
        let command =
            command(&["run", "--at={host}:{port}", r#"--config={"a":[{"b":{}}]}"#, "{case}"])
                .unwrap();
        let values = Values::default().with("host", "127.0.0.1").with("port", 4711);
        assert_eq!(
            command.fill(&values),
            ["run", "--at=127.0.0.1:4711", r#"--config={"a":[{"b":{}}]}"#, "{case}"]
        );
    }

    #[test]
    fn an_unknown_placeholder_is_named() {
        let error = command(&["run", "{host}:{prot}"]).unwrap_err();
        assert!(error.starts_with("there is no placeholder {prot}; there are {host}, "), "{error}");
    }

    #[test]
    fn a_command_names_a_program() {
        assert!(command(&[]).is_err());
    }
}
