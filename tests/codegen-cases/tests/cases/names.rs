//! Methods and services whose names Rust, or generated code, has a use for.

use std::sync::Arc;

use super::*;
use proto::methods::{
    Alike, AlikeClient, AlikeServer, Keywords, KeywordsClient, KeywordsServer, Name,
};
use proto::services::{self, Nothing};

/// Answers with the name of the method.
struct Teller;

fn tell(name: &str) -> Name {
    let mut message = Name::new();
    name.clone_into(&mut message.name);
    message
}

macro_rules! tell {
    ($($method:ident)*) => {$(
        async fn $method(&self, _: Request<Name>) -> Reply<Name> {
            Ok(Response::new(tell(stringify!($method))))
        }
    )*};
}

impl Keywords for Teller {
    tell! { r#type new_ r#async clone into r#gen }

    async fn spawn(
        &self,
        _: Request<Name>,
    ) -> Reply<impl Stream<Item = Result<Name, Status>> + Send> {
        once(tell("spawn"))
    }

    async fn self_(&self, _: Request<Streaming<Name>>) -> Reply<Name> {
        Ok(Response::new(tell("self_")))
    }

    async fn r#match(
        &self,
        request: Request<Streaming<Name>>,
    ) -> Reply<impl Stream<Item = Result<Name, Status>> + Send> {
        Ok(Response::new(request.into_inner()))
    }
}

impl Alike for Teller {
    tell! { get_url get_url_ }
}

#[test]
fn methods_called_like_keywords() {
    let served = serve(KeywordsServer::new(Teller));
    let client = KeywordsClient::new(served.client());
    assert_eq!(served.name, "methods.Keywords");
    assert_eq!(answer(client.r#type(Name::new())), tell("r#type"));
    assert_eq!(answer(client.new_(Name::new())), tell("new_"));
    assert_eq!(answer(client.r#async(Name::new())), tell("r#async"));
    assert_eq!(answer(client.clone(Name::new())), tell("clone"));
    assert_eq!(answer(KeywordsClient::into(&client, Name::new())), tell("into"));
    assert_eq!(answer(client.r#gen(Name::new())), tell("r#gen"));
    assert_eq!(first(client.spawn(Name::new())), tell("spawn"));
    let (mut sender, reply) = client.self_(()).expect("the call starts");
    block_on(sender.close());
    assert_eq!(answer(reply), tell("self_"));
    let (mut sender, replies) = client.r#match(()).expect("the call starts");
    block_on(sender.send(tell("match"))).expect("the call runs");
    assert_eq!(first(Ok(replies)), tell("match"));
}

#[test]
fn methods_with_one_name() {
    let served = serve(AlikeServer::new(Teller));
    let client = AlikeClient::new(served.client());
    assert_eq!(served.name, "methods.Alike");
    assert_eq!(answer(client.get_url(Name::new())), tell("get_url"));
    assert_eq!(answer(client.get_url_(Name::new())), tell("get_url_"));
}

#[test]
fn the_paths_of_methods_are_those_of_the_proto_file() {
    use proto::methods::bare;

    assert_eq!(bare::METHOD_KEYWORDS_TYPE.name, "/methods.Keywords/Type");
    assert!(matches!(bare::METHOD_KEYWORDS_MATCH.ty, grpcio::MethodType::Duplex));
    assert_eq!(bare::METHOD_ALIKE_GET_URL.name, "/methods.Alike/GetURL");
    assert_eq!(bare::METHOD_ALIKE_GET_URL_.name, "/methods.Alike/get_url");
}

/// Has nothing to say.
struct Mute;

impl services::Empty for Mute {}

macro_rules! pass {
    ($($service:ident)*) => {$(
        impl services::$service for Mute {
            async fn pass(&self, request: Request<Nothing>) -> Reply<Nothing> {
                Ok(Response::new(request.into_inner()))
            }
        }
    )*};
}

pass! { HttpGate HttpGateServer_ Send Bare }

impl services::S for Mute {
    async fn pass(
        &self,
        request: Request<Nothing>,
    ) -> Reply<impl Stream<Item = Result<Nothing, Status>> + Send> {
        once(request.into_inner())
    }
}

#[test]
fn a_service_without_methods() {
    assert_eq!(services::EmptyServer::<Mute>::NAME, "services.Empty");
    assert_eq!(serve(services::EmptyServer::new(Mute)).name, "services.Empty");
}

#[test]
fn services_that_share_a_name() {
    let first = serve(services::HttpGateServer::new(Mute));
    assert_eq!(first.name, "services.HTTPGate");
    answer(services::HttpGateClient::new(first.client()).pass(Nothing::new()));
    let second = serve(services::HttpGateServer_Server::from_arc(Arc::new(Mute)));
    assert_eq!(second.name, "services.HttpGateServer");
    answer(services::HttpGateServer_Client::new(second.client()).pass(Nothing::new()));
}

#[test]
fn services_called_like_what_generated_code_uses() {
    let served = serve(services::SendServer::new(Mute));
    assert_eq!(served.name, "services.Send");
    answer(services::SendClient::new(served.client()).pass(Nothing::new()));
    let served = serve(services::BareServer::new(Mute));
    assert_eq!(served.name, "services.bare_");
    answer(services::BareClient::new(served.client()).pass(Nothing::new()));
    let served = serve(services::SServer::new(Mute));
    assert_eq!(served.name, "services.S");
    first(services::SClient::new(served.client()).pass(Nothing::new()));
}
