//! Where generated code finds the crates that it needs: in quartet, so that a service has no
//! dependency but that.

use crate::finish::string_length;

/// The crates that protobuf-codegen and grpcio-compiler name.
const CRATES: [&str; 2] = ["grpcio", "protobuf"];
const MODULE: &str = "::quartet::codegen";

/// The code with the paths of these crates, `::protobuf::Message`, beginning at [`MODULE`].
pub fn through_quartet(code: &str) -> String {
    let mut text = String::with_capacity(code.len() + code.len() / 8);
    let mut rest = code;
    while let Some(at) = rest.find(['"', ':']) {
        let (before, found) = rest.split_at(at);
        text += before;
        let length = match found {
            _ if found.starts_with('"') => string_length(found),
            _ if found.starts_with("::") => 2,
            _ => 1,
        };
        let (token, tail) = found.split_at(length);
        if token == "::" && begins_a_path(&text) && CRATES.iter().any(|name| names(tail, name)) {
            text += MODULE;
        }
        text += token;
        rest = tail;
    }
    text + rest
}

/// Whether `::` after this text is not within a path: `super::protobuf` has another one.
fn begins_a_path(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '>'))
}

fn names(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_are_found_in_quartet() {
        for (code, expected) in [
            ("Box<::protobuf::X>", "Box<::quartet::codegen::protobuf::X>"),
            (
                "::grpcio::a(&::grpcio::B)",
                "::quartet::codegen::grpcio::a(&::quartet::codegen::grpcio::B)",
            ),
            ("super::protobuf::X", "super::protobuf::X"),
            ("<X as Y>::protobuf::Z", "<X as Y>::protobuf::Z"),
            ("::protobuf_2::X; ::std::X", "::protobuf_2::X; ::std::X"),
            (r#"a: "\"::protobuf::X""#, r#"a: "\"::protobuf::X""#),
        ] {
            assert_eq!(through_quartet(code), expected);
        }
    }
}
