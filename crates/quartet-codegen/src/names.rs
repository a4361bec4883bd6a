//! Rust names for protobuf names.

use std::collections::HashSet;

/// Words that are no identifiers in some edition of Rust, and at the end those
/// that once were none and still are none to protobuf-codegen and grpcio-compiler.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub",
    "ref", "return", "self", "Self", "static", "struct", "super", "trait", "true", "type",
    "unsafe", "use", "where", "while", "abstract", "become", "box", "do", "final", "gen", "macro",
    "override", "priv", "try", "typeof", "unsized", "virtual", "yield", "alignof", "offsetof",
    "proc", "pure", "sizeof",
];

/// Keywords that protobuf-codegen doesn't know: it writes them as they are.
pub const NEW_KEYWORDS: &[&str] = &["gen", "try"];

/// Keywords that `r#` doesn't make an identifier.
pub const NEVER_RAW: &[&str] = &["self", "Self", "super", "crate"];

/// Whether a name can't be written as it is.
pub fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// Makes a name an identifier: `r#type`, `self_`, `__1st`; most stay as they are.
pub fn ident(name: &str) -> String {
    if NEVER_RAW.contains(&name) {
        format!("{name}_")
    } else if is_keyword(name) {
        format!("r#{name}")
    } else if matches!(name, "" | "_") || name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("__{name}")
    } else {
        name.to_owned()
    }
}

/// The identifier that protobuf-codegen makes of a name: it appends an underscore where
/// `r#` would do, too. What it does not for the newest keywords, `finish` does.
pub fn rust_ident(name: &str) -> String {
    if is_keyword(name) || name == "_" { format!("{name}_") } else { name.to_owned() }
}

/// The Rust type of a message, an enum or a oneof.
pub fn rust_type(name: &str) -> String {
    let (first, rest) = name.split_at(name.len().min(1));
    rust_ident(&(first.to_ascii_uppercase() + rest))
}

/// The module of what is declared in a message.
pub fn rust_module(message: &str) -> String {
    rust_ident(&protobuf_parse::snake_case(message))
}

/// `GetURLOf_x` becomes `get_url_of_x`, as grpcio-compiler does it.
pub fn snake(name: &str) -> String {
    words(name).map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

/// `HTTPService_x` becomes `HttpServiceX`, as grpcio-compiler does it.
pub fn camel(name: &str) -> String {
    words(name)
        .map(|word| word[..1].to_ascii_uppercase() + &word[1..].to_ascii_lowercase())
        .collect()
}

/// The words of a name, none of them empty.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split('_').flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let (word, tail) = rest.split_at(word_end(rest));
            rest = tail;
            (!word.is_empty()).then_some(word)
        })
    })
}

/// Where the first word of a name without underscores ends: before a capital
/// that follows a small letter, or before the last capital of an acronym.
fn word_end(name: &str) -> usize {
    let capitals = name.bytes().take_while(u8::is_ascii_uppercase).count();
    if capitals > 1 && capitals < name.len() {
        return capitals - 1;
    }
    name[capitals..]
        .find(|c: char| c.is_ascii_uppercase())
        .map_or(name.len(), |small| capitals + small)
}

/// The names already given in one scope.
#[derive(Default)]
pub struct Names(HashSet<String>);

impl Names {
    /// A scope in which some names can't be given.
    pub fn reserving<'a>(reserved: impl IntoIterator<Item = &'a str>) -> Self {
        Names(reserved.into_iter().map(str::to_owned).collect())
    }

    /// Takes a name that can't be given, then.
    pub fn reserve(&mut self, name: String) {
        self.0.insert(name);
    }

    /// Gives the name, with underscores appended until it is free. It is free
    /// when it is with each of the suffixes, which are all given with it.
    pub fn claim(&mut self, mut name: String, suffixes: &[&str]) -> String {
        loop {
            let claimed: Vec<_> = suffixes.iter().map(|s| format!("{name}{s}")).collect();
            if claimed.iter().all(|claimed| !self.0.contains(claimed)) {
                self.0.extend(claimed);
                return name;
            }
            name.push('_');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_is_that_of_grpcio_compiler() {
        for (name, expected) in [
            ("AsyncRequest", "async_request"),
            ("createID", "create_id"),
            ("AsyncRClient", "async_r_client"),
            ("CreateIDForReq", "create_id_for_req"),
            ("Create_ID_For__Req", "create_id_for_req"),
            ("ID", "id"),
            ("V2Get", "v2_get"),
            ("__", ""),
        ] {
            assert_eq!(snake(name), expected, "{name}");
        }
    }

    #[test]
    fn camel_case_is_that_of_grpcio_compiler() {
        for (name, expected) in [
            ("async_request", "AsyncRequest"),
            ("createID", "CreateId"),
            ("async_r_client", "AsyncRClient"),
            ("Create_ID_For__Req", "CreateIdForReq"),
            ("HTTPService_", "HttpService"),
        ] {
            assert_eq!(camel(name), expected, "{name}");
        }
    }

    #[test]
    fn every_name_becomes_an_identifier() {
        for (name, expected) in [
            ("hello", "hello"),
            ("type", "r#type"),
            ("gen", "r#gen"),
            ("self", "self_"),
            ("crate", "crate_"),
            ("1st", "__1st"),
            ("", "__"),
        ] {
            assert_eq!(ident(name), expected);
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::reserving(["new"]);
        assert_eq!(names.claim("new".into(), &[""]), "new_");
        assert_eq!(names.claim("Foo".into(), &["", "Server"]), "Foo");
        assert_eq!(names.claim("FooServer".into(), &[""]), "FooServer_");
    }
}
