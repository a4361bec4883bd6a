//! The comments of a proto file, as documentation.

use std::collections::HashMap;

use protobuf::descriptor::{FileDescriptorProto, source_code_info::Location};

/// The comments in a proto file by the paths of what they are about, as its
/// `source_code_info` has them; each is its lines, without the comment markers.
///
/// As protoc has it, the comment of a declaration ends on the line before it; without one,
/// a comment behind the declaration on the same line counts.
#[derive(Default)]
pub struct Comments(HashMap<Vec<i32>, Vec<String>>);

impl Comments {
    /// Those of a file.
    pub fn of(file: &FileDescriptorProto) -> Self {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let comments = locations
            .map(|location| (location.path.clone(), lines(location)))
            .filter(|(_, lines)| !lines.is_empty());
        Comments(comments.collect())
    }

    /// The lines of the comment of what is at a path; none without a comment.
    pub fn at(&self, path: &[i32]) -> &[String] {
        self.0.get(path).map_or(&[], Vec::as_slice)
    }
}

fn lines(location: &Location) -> Vec<String> {
    let leading = location.leading_comments.as_deref();
    let text = leading.or(location.trailing_comments.as_deref()).unwrap_or_default();
    let mut lines: Vec<_> = text.lines().map(unpad).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let empty = lines.iter().take_while(|line| line.is_empty()).count();
    lines.split_off(empty)
}

/// A line without what a comment marker has more, as in `///` and `/**`, without the space
/// after it, and without those at the end.
fn unpad(line: &str) -> String {
    let line = line.trim_start_matches(['/', '*']);
    line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use protobuf::descriptor::SourceCodeInfo;

    use super::*;

    /// The comment at a path of a file with this text.
    fn comment(text: &str, path: &[i32]) -> Vec<String> {
        let parsed = protox::file::File::from_source("a.proto", text).expect("it has no errors");
        let mut info = SourceCodeInfo::new();
        for location in
            parsed.file_descriptor_proto().source_code_info.iter().flat_map(|i| &i.location)
        {
            info.location.push(Location {
                path: location.path.clone(),
                leading_comments: location.leading_comments.clone(),
                trailing_comments: location.trailing_comments.clone(),
                ..Location::default()
            });
        }
        let file =
            FileDescriptorProto { source_code_info: Some(info).into(), ..Default::default() };
        Comments::of(&file).at(path).to_vec()
    }

    fn service(text: &str) -> Vec<String> {
        comment(text, &[6, 0])
    }

    /// The comment of the last method.
    fn method(text: &str) -> Vec<String> {
        let last = text.matches("rpc ").count() as i32 - 1;
        comment(&format!("service S {{\n{text}\n}}"), &[6, 0, 2, last])
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
        assert_eq!(method("rpc A(A) returns (B);\n// Of M\nrpc M(A) returns (B);"), ["Of M"]);
    }

    #[test]
    fn a_comment_on_the_same_line_is_the_fallback() {
        assert_eq!(service("service S { // One\n}"), ["One"]);
        assert_eq!(method("rpc M(A)\n returns (B) {} // One"), ["One"]);
        assert_eq!(method("// One\nrpc M(A) returns (B); // Two"), ["One"]);
    }

    #[test]
    fn odd_text_is_kept() {
        assert_eq!(service("/// [x] <T> \"q\" \\ ü\nservice S {}"), ["[x] <T> \"q\" \\ ü"]);
        assert_eq!(service("// a\r\n// b\r\nservice S {}"), ["a", "b"]);
    }
}
