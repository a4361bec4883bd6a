//! Messages that are somewhere else, or called like something else.

use protobuf::well_known_types::{any::Any, empty::Empty, struct_::Value};

use super::*;
use proto::nested::{Lower, Nested, NestedClient, NestedServer, type_};
use proto::prelude::{self, Prelude, PreludeClient, PreludeServer};
use proto::well_known::{WellKnown, WellKnownClient, WellKnownServer};

struct Doubler;

impl Nested for Doubler {
    async fn ask(&self, request: Request<type_::Request>) -> Reply<type_::request::Deep> {
        Ok(Response::new(deep(request.into_inner().number * 2)))
    }

    async fn watch(
        &self,
        request: Request<Lower>,
    ) -> Reply<impl Stream<Item = Result<type_::Request, Status>> + Send> {
        once(ask(request.into_inner().number * 2))
    }
}

fn deep(number: i32) -> type_::request::Deep {
    let mut deep = type_::request::Deep::new();
    deep.number = number;
    deep
}

fn ask(number: i32) -> type_::Request {
    let mut ask = type_::Request::new();
    ask.number = number;
    ask
}

#[test]
fn messages_in_messages() {
    let served = serve(NestedServer::new(Doubler));
    let client = NestedClient::new(served.client());
    assert_eq!(served.name, "nested.Nested");
    assert_eq!(answer(client.ask(ask(4))), deep(8));
    let mut lower = Lower::new();
    lower.number = 4;
    assert_eq!(first(client.watch(lower)), ask(8));
}

struct Counter;

impl Prelude for Counter {
    async fn one(&self, request: Request<prelude::Result>) -> Reply<prelude::Option> {
        assert_eq!(request.into_inner(), result(4));
        Ok(Response::new(prelude::Option::new()))
    }

    async fn many(
        &self,
        _: Request<prelude::Vec>,
    ) -> Reply<impl Stream<Item = Result<prelude::Result, Status>> + Send> {
        once(result(1))
    }

    async fn collect(&self, _: Request<Streaming<prelude::Send>>) -> Reply<prelude::S> {
        Ok(Response::new(prelude::S::new()))
    }

    async fn both(
        &self,
        _: Request<Streaming<prelude::Into>>,
    ) -> Reply<impl Stream<Item = Result<prelude::Clone, Status>> + Send> {
        once(prelude::Clone::new())
    }
}

fn result(number: i32) -> prelude::Result {
    let mut result = prelude::Result::new();
    result.number = number;
    result
}

#[test]
fn messages_called_like_the_prelude() {
    let served = serve(PreludeServer::new(Counter));
    let client = PreludeClient::new(served.client());
    assert_eq!(served.name, "prelude.Prelude");
    assert_eq!(answer(client.one(result(4))), prelude::Option::new());
    assert_eq!(first(client.many(prelude::Vec::new())), result(1));
    let (mut sender, reply) = client.collect(()).expect("the call starts");
    block_on(sender.close());
    assert_eq!(answer(reply), prelude::S::new());
    let (_sender, replies) = client.both(()).expect("the call starts");
    assert_eq!(first(Ok(replies)), prelude::Clone::new());
}

struct Sink;

impl WellKnown for Sink {
    async fn discard(&self, _: Request<Any>) -> Reply<Empty> {
        Ok(Response::new(Empty::new()))
    }

    async fn values(
        &self,
        _: Request<Empty>,
    ) -> Reply<impl Stream<Item = Result<Value, Status>> + Send> {
        once(Value::new())
    }
}

#[test]
fn messages_that_come_with_protobuf() {
    let served = serve(WellKnownServer::new(Sink));
    let client = WellKnownClient::new(served.client());
    assert_eq!(served.name, "well_known.WellKnown");
    assert_eq!(answer(client.discard(Any::new())), Empty::new());
    assert_eq!(first(client.values(Empty::new())), Value::new());
}
