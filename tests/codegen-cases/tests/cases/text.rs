//! The generated text: comments of proto files become documentation.

use quartet_codegen_cases::GENERATED;

/// The documentation directly above the first line that begins like this.
fn documentation(item: &str) -> Vec<&str> {
    let lines: Vec<_> = GENERATED.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.starts_with(item)).expect("the item is there");
    let above = lines[..at].iter().rev();
    let mut text: Vec<_> = above
        .map_while(|line| {
            line.strip_prefix("#[cfg_attr(not(doctest), doc = \"")?.strip_suffix("\")]")
        })
        .collect();
    text.reverse();
    text
}

#[test]
fn a_service_has_the_comment_before_it() {
    assert_eq!(
        documentation("pub trait Documented:"),
        [
            r#"A service with [odd] <text>, \"quotes\" and a \\ backslash."#,
            "",
            "    let example = that.is(not, Rust)?;"
        ]
    );
}

#[test]
fn a_method_has_the_comment_before_it_or_behind_it() {
    for side in ["", "pub async "] {
        assert_eq!(
            documentation(&format!("{side}fn leading(")),
            ["The first line.", "", "The second: `code`, https://example.com and ```."]
        );
        assert_eq!(documentation(&format!("{side}fn trailing(")), ["On the line of the method."]);
        assert_eq!(documentation(&format!("{side}fn without(")), [""; 0]);
    }
}
