//! Methods and services whose names Rust, or generated code, has a use for.

use std::sync::Arc;

use super::*;
use proto::methods::{Alike, AlikeServer, Keywords, KeywordsClient, KeywordsServer, Name};
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
    assert_eq!(name(KeywordsServer::new(Teller)), "methods.Keywords");
    assert_eq!(answer(Teller.r#type(Name::new().into())), tell("r#type"));
    assert_eq!(answer(Teller.new_(Name::new().into())), tell("new_"));
    assert_eq!(answer(Teller.r#async(Name::new().into())), tell("r#async"));
    assert_eq!(answer(Teller.clone(Name::new().into())), tell("clone"));
    assert_eq!(first(Teller.spawn(Name::new().into())), tell("spawn"));
}

#[test]
fn clients_call_methods_by_the_same_names() {
    let _ = async |client: &KeywordsClient| {
        client.new_(Name::new()).await?;
        client.r#match(())?;
        drop(client.self_(())?);
        client.clone(Name::new()).await
    };
}

#[test]
fn methods_with_one_name() {
    assert_eq!(name(AlikeServer::new(Teller)), "methods.Alike");
    assert_eq!(answer(Teller.get_url_(Name::new().into())), tell("get_url_"));
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
    assert_eq!(name(services::EmptyServer::new(Mute)), "services.Empty");
}

#[test]
fn services_that_share_a_name() {
    assert_eq!(name(services::HttpGateServer::new(Mute)), "services.HTTPGate");
    let second = services::HttpGateServer_Server::from_arc(Arc::new(Mute));
    assert_eq!(name(second), "services.HttpGateServer");
}

#[test]
fn services_called_like_what_generated_code_uses() {
    assert_eq!(name(services::SendServer::new(Mute)), "services.Send");
    assert_eq!(name(services::SServer::new(Mute)), "services.S");
    assert_eq!(name(services::BareServer::new(Mute)), "services.bare_");
    let nothing = services::S::pass(&Mute, Nothing::new().into());
    assert_eq!(first(nothing), Nothing::new());
}
