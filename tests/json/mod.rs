//! Messages from JSON and as JSON, by descriptors alone; Python's `json_format` is the judge.

mod cases;
mod depth;
mod editions;

use std::process::Command;

use protobuf::Message;
use protobuf::descriptor::FileDescriptorSet;
use quartet::dynamic::{Encoded, Schema, json};

use crate::support::build::{build, folder};
use crate::support::process::start;
use cases::{EVERYTHING, OLDER, OUR_WORD, RIGHT, RIGHT_BY_THE_BOOK, WRONG};

const FOLDER: &str = "tests/json";

/// The descriptors of the .proto files here.
fn descriptors() -> Vec<u8> {
    let mut compiler = protox::Compiler::new([FOLDER]).unwrap();
    compiler.include_imports(true).open_file("everything.proto").unwrap();
    compiler.encode_file_descriptor_set()
}

fn schema() -> Schema {
    let set = FileDescriptorSet::parse_from_bytes(&descriptors()).unwrap();
    Schema::new(set.file).unwrap()
}

#[track_caller]
fn parse(schema: &Schema, message: &str, text: &str) -> Result<Vec<u8>, String> {
    let parsed = json::parse(&schema.message(message).expect(message), text);
    parsed.map(|encoded| encoded.bytes().to_vec()).map_err(|bad| bad.to_string())
}

#[track_caller]
fn print(schema: &Schema, message: &str, bytes: &[u8]) -> Result<String, String> {
    let encoded = Encoded::from(bytes.to_vec());
    json::print(&schema.message(message).expect(message), &encoded).map_err(|bad| bad.why)
}

#[test]
fn what_is_right_is_taken_and_comes_back() {
    let schema = schema();
    for text in RIGHT.iter().chain(RIGHT_BY_THE_BOOK) {
        let bytes = parse(&schema, EVERYTHING, text).unwrap_or_else(|bad| panic!("{text}: {bad}"));
        let printed = print(&schema, EVERYTHING, &bytes);
        let printed = printed.unwrap_or_else(|bad| panic!("{text}: {bad}"));
        let again = parse(&schema, EVERYTHING, &printed);
        let again = again.unwrap_or_else(|bad| panic!("{text} as {printed}: {bad}"));
        // The order of the fields may be another.
        assert_eq!(again.len(), bytes.len(), "{text} as {printed}: {again:?}, not {bytes:?}");
        assert_eq!(print(&schema, EVERYTHING, &again), Ok(printed), "{text}");
    }
}

#[test]
fn what_is_wrong_is_refused_in_words() {
    let schema = schema();
    for (text, words) in WRONG.iter().chain(OUR_WORD) {
        let told = parse(&schema, EVERYTHING, text).expect_err(text);
        assert!(told.contains(words), "{text}: expected `{words}`, saw {told}");
    }
}

#[test]
fn a_fault_is_told_with_its_line() {
    let text = "{\n  \"aBool\": true,\n  \"selves\": [\n    {\"aBool\":\n 7}]}";
    let told = parse(&schema(), EVERYTHING, text).unwrap_err();
    assert_eq!(told, "line 5: `selves[0].aBool`: bool is expected here, not 7");
}

#[test]
fn json_has_the_forms_that_protobuf_wants() {
    let schema = schema();
    for (message, text, expected) in [
        (
            EVERYTHING,
            r#"{"durations": ["-0.5s", "1.000001s"]}"#,
            r#"{"durations":["-0.500s","1.000001s"]}"#,
        ),
        (EVERYTHING, r#"{"aColor": "GRAY", "colors": [1, 9]}"#, r#"{"colors":["RED",9]}"#),
        (EVERYTHING, r#"{"anInt64": 1, "aFloat": 0.1}"#, r#"{"aFloat":0.1,"anInt64":"1"}"#),
        (EVERYTHING, r#"{"anOptional": 0, "anInt32": 0}"#, r#"{"anOptional":0}"#),
        (EVERYTHING, r#"{"someBytes": "-_-_"}"#, r#"{"someBytes":"+/+/"}"#),
        (EVERYTHING, r#"{"null": null, "value": null}"#, r#"{"value":null}"#),
        (EVERYTHING, r#"{"oneNull": null}"#, r#"{"oneNull":null}"#),
        (
            OLDER,
            r#"{"pair": {"left": 0}, "[older.nickname]": ""}"#,
            r#"{"pair":{"left":0},"[older.nickname]":""}"#,
        ),
    ] {
        let bytes = parse(&schema, message, text).unwrap();
        assert_eq!(print(&schema, message, &bytes).as_deref(), Ok(expected), "{text}");
    }
}

/// What no writer of protobuf writes, but every reader takes.
#[test]
fn bytes_are_read_as_leniently_as_they_have_to_be() {
    let schema = schema();
    for (message, bytes, expected) in [
        // The last of several; unknown fields; a field of another wire type.
        (
            EVERYTHING,
            &b"\x28\x01\x28\x02\xf8\xff\x01\x05\x2d\x01\x00\x00\x00"[..],
            r#"{"anInt32":2}"#,
        ),
        // A message in two parts.
        (
            EVERYTHING,
            b"\x8a\x01\x02\x28\x01\x8a\x01\x02\x40\x01",
            r#"{"itself":{"anInt32":1,"aBool":true}}"#,
        ),
        // Packed and not, mixed.
        (EVERYTHING, b"\xaa\x01\x02\x01\x02\xa8\x01\x03", r#"{"int32s":[1,2,3]}"#),
        // Two of a oneof.
        (EVERYTHING, b"\xc8\x02\x07\xd2\x02\x01x", r#"{"oneString":"x"}"#),
        // An entry of a map without key or value, and a key twice.
        (
            EVERYTHING,
            b"\xfa\x01\x00\xfa\x01\x05\x0a\x01a\x10\x01\xfa\x01\x05\x0a\x01a\x10\x02",
            r#"{"byString":{"":0,"a":2}}"#,
        ),
        // A value that a closed enum does not have.
        (OLDER, b"\x18\x07\x20\x01\x20\x07\x20\x02", r#"{"several":["ONE","TWO"]}"#),
    ] {
        assert_eq!(print(&schema, message, bytes).as_deref(), Ok(expected), "{bytes:?}");
    }
    for (bytes, words) in [
        (&b"\x28"[..], "ends in the middle"),
        (b"\x00\x01", "not a protobuf message"),
        (b"\x4a\x01\xff", "`a_string`: a string is not UTF-8"),
        (
            b"\xa2\x03\x02\x10\x01\x9a\x03\x05\x0a\x03x/y",
            "`any.@type`: the descriptors have no message `y`",
        ),
        (
            b"\xa2\x03\x0d\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            "`duration`: a Duration of 1 s and -1 ns",
        ),
        (b"\xb2\x03\x03\x0a\x01A", "can't be written as JSON"),
    ] {
        let told = print(&schema, EVERYTHING, bytes).unwrap_err();
        assert!(told.contains(words), "{bytes:?}: expected `{words}`, saw {told}");
    }
}

#[test]
fn pythons_json_format_agrees() {
    if !build(FOLDER, &["python3", "-c", "import ensurepip, venv"]) {
        return;
    }
    let schema = schema();
    let judge = Command::new(folder(FOLDER).join(".venv/bin/python"));
    let mut judge = start(judge, [folder(FOLDER).join("judge.py")]);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    judge.write_line(&hex(&descriptors()));
    let mut judged = |text: &str, bytes: Option<&[u8]>| -> String {
        let question =
            serde_json::json!({"message": EVERYTHING, "text": text, "bytes": bytes.map(hex)});
        judge.write_line(&question.to_string());
        serde_json::from_str(&judge.line()).unwrap()
    };
    let (mut appeals, mut refusals) = (Vec::new(), Vec::new());
    for text in RIGHT {
        let bytes = parse(&schema, EVERYTHING, text).expect(text);
        let printed = print(&schema, EVERYTHING, &bytes).expect(text);
        for form in [text, &*printed] {
            appeals.push((form.to_owned(), judged(form, Some(&bytes))));
        }
    }
    appeals.retain(|(_, verdict)| verdict != "same");
    for (text, _) in WRONG {
        refusals.push(((*text).to_owned(), judged(text, None)));
    }
    refusals.retain(|(_, verdict)| !verdict.starts_with("refused"));
    appeals.extend(refusals);
    assert!(appeals.is_empty(), "Python does not agree: {appeals:#?}");
}
