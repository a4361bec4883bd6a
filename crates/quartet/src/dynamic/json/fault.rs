use super::super::wire::Malformed;
use super::BadJson;

/// What is wrong with a text or a message, and where.
#[derive(Debug)]
pub struct Fault {
    /// In the text, if it is about one.
    at: usize,
    /// The names and indices that lead to it, the innermost first.
    path: Vec<String>,
    why: String,
    syntax: bool,
}

impl Fault {
    pub fn new(at: usize, why: impl Into<String>) -> Self {
        Fault { at, path: Vec::new(), why: why.into(), syntax: false }
    }

    /// Of too many messages in one another.
    pub fn deep(at: usize) -> Self {
        Fault::new(at, Malformed::Deep.to_string())
    }

    /// Of a text that is no JSON.
    pub fn syntax(at: usize, why: impl Into<String>) -> Self {
        Fault { syntax: true, ..Fault::new(at, why) }
    }

    /// The same, in a field, or at an index such as `[0]`.
    pub fn within(mut self, name: &str) -> Self {
        self.path.push(name.to_owned());
        self
    }

    /// For whoever gave the text.
    pub fn into_bad(self, text: &str) -> BadJson {
        let line = text.bytes().take(self.at).filter(|byte| *byte == b'\n').count() as u64 + 1;
        if self.syntax {
            return BadJson { line, why: format!("not JSON: {}", self.why) };
        }
        let path = self.path.iter().rev().fold(String::new(), |path, name| {
            let dot = if path.is_empty() || name.starts_with('[') { "" } else { "." };
            path + dot + name
        });
        match path.is_empty() {
            true => BadJson { line, why: self.why },
            false => BadJson { line, why: format!("`{path}`: {}", self.why) },
        }
    }
}
