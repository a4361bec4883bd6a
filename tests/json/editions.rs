//! Files of editions, whose features say what proto2 and proto3 say by their syntax.

use protobuf::descriptor::FileDescriptorProto;
use protobuf::text_format::parse_from_str;
use quartet::dynamic::Schema;

use super::{parse, print};

/// The number of the features in the options of a field and of a file.
const OF_FIELD: u32 = 21;
const OF_FILE: u32 = 50;

const FILE: &str = r#"
    name: "e.proto" package: "e" syntax: "editions"
    message_type {
        name: "M"
        field { name: "explicit" number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 }
        field { name: "implicit" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 options {} }
        field { name: "packed" number: 3 label: LABEL_REPEATED type: TYPE_INT32 }
        field { name: "expanded" number: 4 label: LABEL_REPEATED type: TYPE_INT32 options {} }
        field {
            name: "delimited" number: 5 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".e.M"
            options {}
        }
        field { name: "plain" number: 6 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".e.M" }
    }
"#;

fn file() -> FileDescriptorProto {
    let mut file: FileDescriptorProto = parse_from_str(FILE).unwrap();
    for (field, feature) in [(1, [0x08, 2]), (3, [0x18, 2]), (4, [0x28, 2])] {
        let options = file.message_type[0].field[field].options.as_mut().unwrap();
        let unknown = options.special_fields.mut_unknown_fields();
        unknown.add_length_delimited(OF_FIELD, feature.to_vec());
    }
    file
}

#[test]
fn features_decide_how_fields_are_written() {
    let schema = Schema::new([file()]).unwrap();
    for (text, bytes, printed) in [
        (r#"{"explicit":0,"implicit":0}"#, &b"\x08\x00"[..], r#"{"explicit":0}"#),
        (r#"{"packed":[1,2],"expanded":[1,2]}"#, b"\x1a\x02\x01\x02\x20\x01\x20\x02", ""),
        (r#"{"delimited":{"implicit":1}}"#, b"\x2b\x10\x01\x2c", ""),
        (r#"{"plain":{"delimited":{}}}"#, b"\x32\x02\x2b\x2c", ""),
    ] {
        assert_eq!(parse(&schema, "e.M", text).as_deref(), Ok(bytes), "{text}");
        let printed = if printed.is_empty() { text } else { printed };
        assert_eq!(print(&schema, "e.M", bytes).as_deref(), Ok(printed));
    }
}

#[test]
fn what_a_file_says_holds_for_all_that_is_in_it() {
    let mut file = file();
    let options = file.options.mut_or_insert_default();
    options.special_fields.mut_unknown_fields().add_length_delimited(OF_FILE, vec![0x28, 2]);
    let schema = Schema::new([file]).unwrap();
    let bytes = parse(&schema, "e.M", r#"{"plain":{"packed":[1]}}"#).unwrap();
    assert_eq!(bytes, b"\x33\x1a\x01\x01\x34");
}
