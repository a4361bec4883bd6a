//! How deep messages may be nested: 100 in one another, as most of protobuf's decoders take it.

use super::{EVERYTHING, OLDER, parse, print, schema};

const LIMIT: usize = 100;
/// So deep that it would leave any stack.
const ABYSS: usize = 200_000;

const DEEP: &str = "messages are nested more than 100 deep";

/// A text in the middle of so many.
fn nested(opening: &str, inner: &str, closing: &str, depth: usize) -> String {
    [&*opening.repeat(depth), inner, &*closing.repeat(depth)].concat()
}

/// The ways to nest, and how many messages each level is.
const WAYS: [(&str, &str, &str, usize); 6] = [
    (r#"{"itself": "#, "{}", "}", 1),
    (r#"{"selves": ["#, "{}", "]}", 1),
    (r#"{"byUint32": {"1": "#, "{}", "}}", 2),
    (
        r#"{"any": {"@type": "x/google.protobuf.Any", "value": {"@type": "x/everything.Everything", "itself":"#,
        "{}",
        "}}}",
        4,
    ),
    (r#"{"older": {"pair": {"right": {"[older.elders]": ["#, "{}", "]}}}}", 4),
    (r#"{"structure": "#, "{}", "}", 1),
];

#[test]
fn texts_are_taken_to_the_limit_and_no_further() {
    let schema = schema();
    for (opening, inner, closing, messages) in &WAYS[..3] {
        let at = |depth| parse(&schema, EVERYTHING, &nested(opening, inner, closing, depth));
        let bytes = at(LIMIT / messages).unwrap_or_else(|bad| panic!("{opening}: {bad}"));
        let printed = print(&schema, EVERYTHING, &bytes);
        assert!(printed.is_ok(), "{opening}: {printed:?}");
        let told = at(LIMIT / messages + 1).unwrap_err();
        assert!(told.contains(DEEP), "{opening}: {told}");
    }
    for (opening, inner, closing, _) in WAYS {
        let told = parse(&schema, EVERYTHING, &nested(opening, inner, closing, ABYSS));
        let told = told.unwrap_err();
        assert!(
            told.contains(DEEP)
                || told.contains("has no such field")
                || told.contains("expected here"),
            "{opening}: {told}"
        );
    }
}

#[test]
fn values_of_any_form_are_bounded() {
    let schema = schema();
    for (opening, inner, closing) in
        [("[", "", "]"), (r#"{"a":"#, "1", "}"), (r#"[{"a":"#, "1", "}]")]
    {
        let at = |depth| {
            let value = nested(opening, inner, closing, depth);
            parse(&schema, EVERYTHING, &format!(r#"{{"value": {value}}}"#))
        };
        let bytes = at(15).unwrap_or_else(|bad| panic!("{opening}: {bad}"));
        assert!(print(&schema, EVERYTHING, &bytes).is_ok());
        let told = at(ABYSS).unwrap_err();
        assert!(told.contains(DEEP), "{opening}: {told}");
    }
    let told = parse(&schema, EVERYTHING, &"[".repeat(ABYSS)).unwrap_err();
    assert!(told.contains("is expected here"), "{told}");
}

/// Messages inside of each other, as the bytes of a length-delimited field or of a group.
fn onion(depth: usize, wrap: impl Fn(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inner, _| wrap(inner))
}

/// A field with a length.
fn field(tag: &[u8], inner: &[u8]) -> Vec<u8> {
    let mut length = inner.len();
    let mut bytes = tag.to_vec();
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(inner);
    bytes
}

#[test]
fn bytes_are_taken_to_the_limit_and_no_further() {
    let schema = schema();
    let selves = |inner: Vec<u8>| field(&[0xd2, 0x01], &inner);
    let bytes = onion(LIMIT, selves);
    assert!(print(&schema, EVERYTHING, &bytes).is_ok());
    for depth in [LIMIT + 1, 5000] {
        let told = print(&schema, EVERYTHING, &onion(depth, selves)).unwrap_err();
        assert!(told.contains(DEEP), "{told}");
    }
    // Any in Any; Value in ListValue in Value; groups.
    let any = |inner: Vec<u8>| {
        let mut bytes = field(&[0x0a], b"x/google.protobuf.Any");
        bytes.extend(field(&[0x12], &inner));
        bytes
    };
    let list = |inner: Vec<u8>| field(&[0x32], &field(&[0x0a], &inner));
    for bytes in [field(&[0x9a, 0x03], &onion(5000, any)), field(&[0xc2, 0x03], &onion(5000, list))]
    {
        let told = print(&schema, EVERYTHING, &bytes).unwrap_err();
        assert!(told.contains(DEEP), "{told}");
    }
    for depth in [LIMIT + 1, ABYSS] {
        let groups = [&*[0x0b].repeat(depth), &*[0x0c].repeat(depth)].concat();
        let told = print(&schema, OLDER, &groups).unwrap_err();
        assert!(told.contains(DEEP), "{told}");
    }
}
