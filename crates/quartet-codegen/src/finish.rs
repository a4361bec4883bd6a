//! The last touch to the modules that protobuf-codegen writes.

use std::fmt::Write;

use crate::names::NEW_KEYWORDS;
use crate::rename::TrueNames;

/// What lines of comments from proto files begin with.
pub const DOC: char = '|';

/// The text of a module as it has to be: the true names of what was renamed, where they are
/// text; an underscore after keywords that protobuf-codegen doesn't know; comments as
/// documentation that is not tested; the descriptor included from a file, with everything
/// that is in it.
pub fn finish(generated: &str, proto: &str, true_names: &TrueNames, descriptor: &str) -> String {
    let mut text = String::with_capacity(generated.len());
    let mut lines = generated.lines();
    let mut before = "";
    while let Some(line) = lines.next() {
        if line.starts_with("static file_descriptor_proto_data:") {
            lines.by_ref().find(|line| *line == "\";");
            let _ = writeln!(
                text,
                "static file_descriptor_proto_data: &'static [u8] = \
                 ::core::include_bytes!({descriptor:?});"
            );
        } else if line.starts_with("//! Generated file from") {
            let _ = writeln!(text, "//! Generated file from `{proto}`");
        } else if let Some((indent, comment)) = line.split_once(&format!("/// {DOC}"))
            && indent.trim().is_empty()
        {
            let _ = writeln!(text, "{indent}{}", doc(comment));
        } else if line.trim_start().starts_with("//") {
            text += line;
            text.push('\n');
        } else {
            text += &code(&with_true_name(line, before, true_names));
            text.push('\n');
        }
        before = line;
    }
    text
}

/// A line as documentation. Doctests don't see it: code in the comments of a proto file is
/// rarely Rust.
pub fn doc(line: &str) -> String {
    format!("#[cfg_attr(not(doctest), doc = {line:?})]")
}

/// The line with the true name of what it names as text. Texts that are something else, as
/// the defaults of fields, are on lines of other kinds.
fn with_true_name(line: &str, before: &str, true_names: &TrueNames) -> String {
    let Some((start, rest)) = line.split_once('"').filter(|_| !true_names.is_empty()) else {
        return line.to_owned();
    };
    let Some((name, end)) = rest.split_once('"') else { return line.to_owned() };
    let is_argument = start.trim().is_empty() && end == "," && before.ends_with('(');
    let is_name = start.ends_with("const NAME: &'static str = ");
    let is_looked_up = ["_name(", ">("].iter().any(|call| start.ends_with(call));
    let is_matched = start.trim().is_empty() && end.starts_with(" => ");
    if !(is_argument || is_name || is_looked_up || is_matched) {
        return line.to_owned();
    }
    let true_name = |name| true_names.get(name).map_or(name, String::as_str);
    let name: Vec<_> = name.split('.').map(true_name).collect();
    format!("{start}\"{}\"{end}", name.join("."))
}

/// The line of code with an underscore after each keyword that has none.
fn code(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, tail) = rest.split_at(length);
        text += token;
        if NEW_KEYWORDS.contains(&token) {
            text.push('_');
        }
        rest = tail;
    }
    text
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The length of the string literal that a text begins with.
pub fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == '"' && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(text: &str) -> String {
        let names = [("clear_body_", "clear_body"), ("Foo_", "foo"), ("state_", "state")];
        let names = names.map(|(now, before)| (now.to_owned(), before.to_owned()));
        finish(text, "a/b.proto", &names.into(), "a_b.bin")
    }

    #[test]
    fn names_as_text_are_true() {
        for (line, expected) in [
            ("f(\n    \"clear_body_\",", "f(\n    \"clear_body\",\n"),
            ("const NAME: &'static str = \"Foo_\";", "const NAME: &'static str = \"foo\";\n"),
            (
                "x().message_by_package_relative_name(\"A.Foo_\")",
                "x().message_by_package_relative_name(\"A.foo\")\n",
            ),
            ("Data::new::<State_>(\"state_\")", "Data::new::<State_>(\"state\")\n"),
            (
                "    \"Foo_\" => ::std::option::Option::Some(",
                "    \"foo\" => ::std::option::Option::Some(\n",
            ),
            ("None => \"clear_body_\",", "None => \"clear_body_\",\n"),
            ("self.clear_body_ = 1;", "self.clear_body_ = 1;\n"),
        ] {
            assert_eq!(finished(line), expected);
        }
    }

    #[test]
    fn new_keywords_have_an_underscore() {
        for (line, expected) in [
            ("pub mod gen {", "pub mod gen_ {\n"),
            ("super::gen::Kind", "super::gen_::Kind\n"),
            (
                "m.gen.has_gen(\"gen\\\"\", generic, try)",
                "m.gen_.has_gen(\"gen\\\"\", generic, try_)\n",
            ),
            ("// gen", "// gen\n"),
        ] {
            assert_eq!(finished(line), expected);
        }
    }

    #[test]
    fn descriptors_are_included() {
        let text =
            "a\nstatic file_descriptor_proto_data: &'static [u8] = b\"\\\n    /// gen\\\n\";\nb";
        let expected = "a\nstatic file_descriptor_proto_data: &'static [u8] = \
                        ::core::include_bytes!(\"a_b.bin\");\nb\n";
        assert_eq!(finished(text), expected);
    }

    #[test]
    fn comments_are_no_doctests() {
        let expected = "    #[cfg_attr(not(doctest), doc = \"    let \\\"gen\\\";\")]\n";
        assert_eq!(finished("    /// |    let \"gen\";"), expected);
    }
}
