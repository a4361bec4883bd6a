//! What other parsers lose, or refuse.

use protobuf::descriptor::{FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use protobuf::{EnumFull, Message, MessageFull};
use protobuf_json_mapping::print_to_string;

use super::*;
use proto::google::protobuf::Elsewhere;
use proto::options::{Labels, M, exts, m};
use proto::{columns::Column, marked, newer_options};

/// The file of this name, as reflection shows it to clients.
fn file(name: &str) -> FileDescriptorProto {
    let set = FileDescriptorSet::parse_from_bytes(proto::FILE_DESCRIPTOR_SET);
    let files = set.expect("they are a descriptor set").file;
    files.into_iter().find(|file| file.name() == name).expect("it is in the set")
}

#[test]
fn repeated_keys_maps_extensions_and_any_are_kept() {
    let labels = exts::labels.get(&file("options.proto").options).expect("it has labels");
    assert_eq!(labels.tag, ["a", "b", "c"]);
    assert_eq!(labels.by_name["team"], "core");
    assert_eq!(labels.by_name["tier"], "1");
    let field = M::descriptor().field_by_name("a").expect("it is there");
    let rules = exts::rules.get(&field.proto().options).expect("it has rules");
    assert_eq!(rules.also[0].tag, ["x"]);
    assert_eq!(rules.also[1].tag, ["y", "z"]);
    assert_eq!(exts::most.get(&rules), Some(7));
    let any: Labels = rules.any.unpack().expect("it is readable").expect("it is labels");
    assert_eq!(any.tag, ["in any"]);
    assert_eq!(rules.number, Some(100.0));
    let field = M::descriptor().field_by_name("b").expect("it is there");
    let rules = exts::rules.get(&field.proto().options).expect("it has rules");
    assert_eq!(rules.tag, ["one", "two"]);
    assert_eq!(exts::most.get(&rules), Some(31));
}

#[test]
fn octal_numbers_escapes_and_defaults() {
    let number = |name| {
        let field = M::descriptor().field_by_name(name).expect("it is there");
        FieldDescriptorProto::number(field.proto())
    };
    assert_eq!(number("b"), 8);
    assert_eq!(m::Octal::NINE as i32, 9);
    assert_eq!(M::new().mode(), 0o644);
    assert_eq!(M::new().accents(), "é'?😀");
    assert_eq!(M::new().raw(), [0, 0xff, 0x7f]);
    assert_eq!(M::new().endless(), f64::NEG_INFINITY);
    assert!((M::new().hundred() - 100.0).abs() < f32::EPSILON);
    assert_eq!(M::new().octal(), m::Octal::NINE);
    let reserved = &file("options.proto").message_type[1].reserved_range;
    let ends: Vec<_> = reserved.iter().map(|range| (range.start(), range.end())).collect();
    assert_eq!(ends, [(15, 17), (100, 536_870_912)]);
}

struct Same;

impl marked::Marks for Same {
    async fn get(&self, request: Request<marked::Marked>) -> Reply<marked::Marked> {
        Ok(Response::new(request.into_inner()))
    }
}

#[test]
fn a_file_with_a_mark_of_its_encoding() {
    let served = serve(marked::MarksServer::new(Same));
    let message = marked::Marked { text: "ü".to_owned(), ..Default::default() };
    assert_eq!(answer(marked::MarksClient::new(served.client()).get(message.clone())), message);
}

#[test]
fn options_that_came_with_later_protobufs() {
    let options = &file("newer_options.proto").message_type[0].field[0].options;
    let redacted = options.special_fields.unknown_fields().get(16);
    assert!(redacted.is_some(), "debug_redact is not in {options:?}");
    assert_eq!(newer_options::exts::more.get(&newer_options::Base::new()), None);
}

#[test]
fn types_in_the_types_that_come_with_protobuf() {
    use protobuf::well_known_types::type_::field;

    let mut column = Column::new();
    column.kind = field::Kind::TYPE_BOOL.into();
    column.cardinality = field::Cardinality::CARDINALITY_REPEATED.into();
    column.file.mut_or_insert_default().set_name("f".to_owned());
    column.at = Some(Elsewhere { seconds: 1, ..Default::default() }).into();
    assert_eq!(
        print_to_string(&column).expect("it is printed"),
        r#"{"kind": "TYPE_BOOL", "cardinality": "CARDINALITY_REPEATED", "file": {"name": "f"}, "at": {"seconds": "1"}}"#
    );
    assert_eq!(m::Octal::enum_descriptor().full_name(), "options.M.Octal");
}
