//! Files and packages: one basename twice, keywords, no package at all.

use std::collections::HashSet;

use protobuf::Message;
use protobuf::descriptor::FileDescriptorSet;

use super::*;
use proto::x::r#type::v1::{Thing, Things, ThingsClient, ThingsServer};
use proto::{Loose, Unpackaged, UnpackagedClient, UnpackagedServer, a, b};

struct Same;

impl a::Words for Same {
    async fn echo(&self, request: Request<a::Word>) -> Reply<a::Word> {
        Ok(Response::new(request.into_inner()))
    }
}

impl b::Words for Same {
    async fn wrap(&self, request: Request<a::Word>) -> Reply<b::Word> {
        let mut word = b::Word::new();
        word.inner = Some(request.into_inner()).into();
        Ok(Response::new(word))
    }
}

#[test]
fn two_files_of_one_basename() {
    let (served_a, served_b) = (serve(a::WordsServer::new(Same)), serve(b::WordsServer::new(Same)));
    assert_eq!((served_a.name, served_b.name), ("a.Words", "b.Words"));
    let mut word = a::Word::new();
    "hello".clone_into(&mut word.text);
    let echo = answer(a::WordsClient::new(served_a.client()).echo(word.clone()));
    let wrapped = answer(b::WordsClient::new(served_b.client()).wrap(word));
    assert_eq!(wrapped.inner, Some(echo).into());
    assert_eq!(b::bare::METHOD_WORDS_WRAP.name, "/b.Words/Wrap");
}

impl Things for Same {
    async fn get(&self, request: Request<Thing>) -> Reply<Thing> {
        Ok(Response::new(request.into_inner()))
    }
}

#[test]
fn a_package_and_fields_called_like_keywords() {
    let served = serve(ThingsServer::new(Same));
    assert_eq!(served.name, "x.type.v1.Things");
    let mut thing = Thing::new();
    "thing".clone_into(&mut thing.type_);
    thing.gen_ = 2;
    assert_eq!(answer(ThingsClient::new(served.client()).get(thing.clone())), thing);
}

impl Unpackaged for Same {
    async fn pass(&self, request: Request<Loose>) -> Reply<Loose> {
        Ok(Response::new(request.into_inner()))
    }
}

#[test]
fn a_file_without_a_package() {
    let served = serve(UnpackagedServer::new(Same));
    assert_eq!(served.name, "Unpackaged");
    assert_eq!(answer(UnpackagedClient::new(served.client()).pass(Loose::new())), Loose::new());
    assert_eq!(proto::bare::METHOD_UNPACKAGED_PASS.name, "/Unpackaged/Pass");
}

#[test]
fn descriptors_are_of_all_files_under_their_own_names() {
    let set = FileDescriptorSet::parse_from_bytes(proto::FILE_DESCRIPTOR_SET)
        .expect("they are a descriptor set");
    let mut before = HashSet::new();
    for file in &set.file {
        assert!(file.dependency.iter().all(|import| before.contains(import.as_str())));
        before.insert(file.name());
    }
    for name in ["a/kw.proto", "b/kw.proto", "x/type/v1/type.proto", "google/protobuf/any.proto"] {
        assert!(before.contains(name), "{name}");
    }
}
