//! Bearer tokens, on both sides.

use chat::{ChatServiceClient, Message, message};
use quartet::channel::Channel;
use quartet::interceptors::{BearerAuth, BearerToken, Caller};
use quartet::rpc::{Code, Request, Response};

use crate::support::hello::Hello;
use crate::support::styles::each_style;
use crate::support::{Served, run, serve_with};

/// A server that answers with the caller's name.
fn serve(auth: BearerAuth) -> Served {
    let who = async |request: Request<Message>| {
        let name = request.extension::<Caller>().map_or("nobody", Caller::name);
        Ok(Response::new(message(name, "")))
    };
    serve_with(Hello(move |request| Box::pin(who(request))), |builder| builder.interceptor(auth))
}

fn with_token(served: &Served, token: &str) -> ChatServiceClient {
    let token = BearerToken::new(token).unwrap();
    ChatServiceClient::new(Channel::builder(&served.target).interceptor(token).build())
}

async fn name(client: &ChatServiceClient) -> String {
    client.say_hello(message("", "")).await.unwrap().into_inner().user
}

fn two_callers() -> BearerAuth {
    BearerAuth::tokens([("ada", "sesame"), ("bob", "open-says-me"), ("ada", "new-sesame")])
}

#[test]
fn who_has_a_token_is_known_by_name_in_every_style() {
    let served = serve(two_callers());
    for (token, expected) in [("sesame", "ada"), ("open-says-me", "bob"), ("new-sesame", "ada")] {
        let client = with_token(&served, token);
        assert_eq!(run(name(&client)), expected);
        for result in run(each_style(&client, &[])) {
            result.unwrap();
        }
    }
}

#[test]
fn the_others_are_refused_in_every_style_and_not_told_why() {
    let served = serve(two_callers());
    let client = served.client();
    for authorization in
        ["", "sesame", "Bearer", "Bearer sesam", "Bearer sesame2", "Basic sesame", "Bearer ada"]
    {
        let metadata = [("authorization", authorization)];
        let metadata = if authorization.is_empty() { &[][..] } else { &metadata };
        for result in run(each_style(&client, metadata)) {
            let status = result.unwrap_err();
            let seen = (status.code(), status.message());
            let expected = (Code::Unauthenticated, "the call needs a valid bearer token");
            assert_eq!(seen, expected, "authorization: {authorization}");
        }
    }
    let twice = [("authorization", "Bearer sesame"), ("authorization", "Bearer sesame")];
    for result in run(each_style(&client, &twice)) {
        assert_eq!(result.unwrap_err().code(), Code::Unauthenticated, "two tokens");
    }
    for result in run(each_style(&client, &[("authorization", "bEARER sesame")])) {
        result.unwrap();
    }
}

#[test]
fn what_is_exempt_needs_no_token() {
    let served = serve(two_callers().exempt("chat.ChatService/SayHello"));
    let client = served.client();
    assert_eq!(run(name(&client)), "nobody");
    let [hello, others @ ..] = run(each_style(&client, &[]));
    hello.unwrap();
    for result in others {
        assert_eq!(result.unwrap_err().code(), Code::Unauthenticated);
    }
    let served = serve(two_callers().exempt("chat.ChatService"));
    for result in run(each_style(&served.client(), &[])) {
        result.unwrap();
    }
}

#[test]
fn a_function_verifies_and_a_call_keeps_its_own_token() {
    let served =
        serve(BearerAuth::verified_by(|token| token.strip_suffix("!").map(|name| name.to_owned())));
    assert_eq!(run(name(&with_token(&served, "eve!"))), "eve");
    let client = with_token(&served, "eve");
    assert_eq!(run(client.say_hello(message("", ""))).unwrap_err().code(), Code::Unauthenticated);
    let mut request = Request::new(message("", ""));
    request.metadata_mut().add("authorization", "Bearer mallory!").unwrap();
    assert_eq!(run(client.say_hello(request)).unwrap().into_inner().user, "mallory");
}

#[test]
fn tokens_are_not_shown() {
    let mut request = Request::new(());
    request.metadata_mut().add("authorization", "Bearer sesame").unwrap();
    let shown = format!("{:?} {:?} {request:?}", two_callers(), BearerToken::new("sesame"));
    assert!(!shown.contains("sesame"), "{shown}");
    let refused = BearerToken::new("sesame\n").unwrap_err().to_string();
    assert!(!refused.contains("sesame"), "{refused}");
}
