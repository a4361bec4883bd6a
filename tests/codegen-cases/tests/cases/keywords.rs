//! Keywords of Rust, the newest too, as names of all kinds.

use protobuf::MessageFull;
use protobuf_json_mapping::print_to_string;

use super::*;
use proto::keywords::{
    Fields, Gen, Try, Variants, Words, WordsClient, WordsServer, exts, gen_, try_, variants,
};

struct Same;

impl Words for Same {
    async fn go(&self, request: Request<Gen>) -> Reply<Try> {
        let mut reply = Try::new();
        reply.set_kind(request.into_inner().kind());
        Ok(Response::new(reply))
    }
}

#[test]
fn modules_values_and_fields() {
    let served = serve(WordsServer::new(Same));
    let mut message = Gen::new();
    assert_eq!(message.kind(), gen_::Kind::try_);
    message.set_kind(gen_::Kind::Self_);
    message.async_ = Some(gen_::Async::Yield("y".to_owned()));
    assert_eq!(
        answer(WordsClient::new(served.client()).go(message.clone())).kind(),
        gen_::Kind::Self_
    );
    assert_eq!(
        print_to_string(&message).expect("it is printed"),
        r#"{"kind": "Self", "yield": "y"}"#
    );
    let mut other = Try::new();
    other.gen_ = Some(try_::Gen::Await(1));
    assert_eq!(print_to_string(&other).expect("it is printed"), r#"{"await": 1}"#);
    let mut fields = Fields::new();
    assert_eq!(fields.gen_(), "gen::try");
    fields.set_try(4);
    fields.set_gen("g".to_owned());
    fields.clear_gen();
    assert_eq!(print_to_string(&fields).expect("it is printed"), r#"{"try": 4}"#);
    let names: Vec<_> = Fields::descriptor().fields().map(|f| f.name().to_owned()).collect();
    assert_eq!(names, ["gen", "try", "type"]);
}

#[test]
fn variants_with_one_name() {
    let mut message = Variants::new();
    message.which = Some(variants::Which::FooBar("a".to_owned()));
    assert_eq!(print_to_string(&message).expect("it is printed"), r#"{"FooBar": "a"}"#);
    message.which = Some(variants::Which::FooBar2("b".to_owned()));
    assert_eq!(print_to_string(&message).expect("it is printed"), r#"{"fooBar": "b"}"#);
    message.which = Some(variants::Which::X1("c".to_owned()));
    assert_eq!(message.to_string(), "_1: \"c\"");
}

#[test]
fn extensions_of_two_files() {
    let message = Gen::new();
    assert_eq!(exts::gen_.get(&message), None);
    assert_eq!(exts::try_.get(&message), None);
    let _repeated = &exts::type_;
    assert_eq!(exts::more.get(&message), None);
}
