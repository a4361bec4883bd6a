//! Headers of a call that fails: sent by a handler, seen by its caller, in every style.

use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};

use chat::{ChatService, ChatServiceClient, Message, message};
use futures::{Stream, stream};
use quartet::channel::Channel;
use quartet::rpc::{Call, Code, End, Interceptor, Metadata, Request, Response, Status, Streaming};

use super::raw;
use crate::support::http2::{END_HEADERS, END_STREAM, HEADERS, block, frame};
use crate::support::{run, serve, serve_with};

fn metadata(pairs: &[(&str, &str)]) -> Metadata {
    let mut metadata = Metadata::new();
    pairs.iter().for_each(|(key, value)| metadata.add(key, value).unwrap());
    metadata
}

/// Fails with headers and trailers; its streams do at once, or (where the request says `later`) as
/// their first or (`last`) second item.
struct Fails;

fn failure() -> Status {
    let headers = metadata(&[("x-text", "first"), ("x-text", "second"), ("x-blob-bin", "\n")]);
    let trailers = metadata(&[("x-trailer", "after")]);
    Status::aborted("as told").with_headers(headers).with_metadata(trailers).with_details([1, 2])
}

type Items = stream::Iter<std::vec::IntoIter<Result<Message, Status>>>;

fn answer(how: Option<&str>) -> Result<Response<Items>, Status> {
    let items = match how {
        Some("later") => vec![Err(failure())],
        Some(_) => vec![Ok(Message::default()), Err(failure())],
        None => return Err(failure()),
    };
    let mut response = Response::new(stream::iter(items));
    response.headers_mut().add("x-response", "too").unwrap();
    Ok(response)
}

impl ChatService for Fails {
    async fn say_hello(&self, _: Request<Message>) -> Result<Response<Message>, Status> {
        Err(failure())
    }

    async fn broadcast_messages(
        &self,
        request: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        answer(request.metadata().get("how"))
    }

    async fn upload_stream(
        &self,
        _: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        Err(failure())
    }

    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        answer(request.metadata().get("how"))
    }
}

/// One failed call of each style.
async fn failures(client: &ChatServiceClient, how: &[(&str, &str)]) -> [(&'static str, Status); 4] {
    fn with<T>(body: T, how: &[(&str, &str)]) -> Request<T> {
        let mut request = Request::new(body);
        *request.metadata_mut() = metadata(how);
        request
    }
    async fn end(mut stream: Streaming<Message>) -> Status {
        loop {
            match stream.message().await {
                Ok(message) => assert!(message.is_some(), "expected an error, saw the end"),
                Err(status) => {
                    let headers: Vec<_> = stream.headers().await.iter().collect();
                    assert_eq!(headers, status.headers().iter().collect::<Vec<_>>(), "{status:?}");
                    return status;
                }
            }
        }
    }
    let unary = client.say_hello(with(message("", ""), how)).await.unwrap_err();
    let broadcast = end(client.broadcast_messages(with(message("", ""), how)).unwrap()).await;
    let (_sender, reply) = client.upload_stream(with((), how)).unwrap();
    let upload = reply.await.unwrap_err();
    let (_sender, echoes) = client.chat_stream(with((), how)).unwrap();
    [("unary", unary), ("broadcast", broadcast), ("upload", upload), ("chat", end(echoes).await)]
}

fn check(what: &str, status: &Status) {
    assert_eq!((status.code(), status.message()), (Code::Aborted, "as told"), "{what}: {status:?}");
    assert_eq!(status.details(), [1, 2], "{what}: {status:?}");
    let texts: Vec<_> = status.headers().get_all("x-text").collect();
    assert_eq!(texts, [&b"first"[..], b"second"], "{what}: {status:?}");
    assert_eq!(status.headers().get_bytes("x-blob-bin"), Some(&b"\n"[..]), "{what}: {status:?}");
    assert_eq!(status.headers().get("x-trailer"), None, "{what}: {status:?}");
    assert_eq!(status.metadata().get("x-trailer"), Some("after"), "{what}: {status:?}");
    assert_eq!(status.metadata().get("x-text"), None, "{what}: {status:?}");
}

#[test]
fn an_error_brings_its_headers_in_every_style() {
    let served = serve(Fails);
    let client = served.client();
    for (what, status) in run(failures(&client, &[])) {
        check(what, &status);
        assert_eq!(status.headers().get("x-response"), None, "{what}: {status:?}");
    }
}

#[test]
fn an_error_of_a_stream_adds_its_headers_to_the_responses_until_these_have_left() {
    let served = serve(Fails);
    let client = served.client();
    let [_, broadcast, _, chat] = run(failures(&client, &[("how", "later")]));
    for (what, status) in [broadcast, chat] {
        check(what, &status);
        assert_eq!(status.headers().get("x-response"), Some("too"), "{what}: {status:?}");
    }
    let [_, broadcast, _, chat] = run(failures(&client, &[("how", "last")]));
    for (what, status) in [broadcast, chat] {
        let headers: Vec<_> = status.headers().iter().collect();
        assert_eq!(headers, [("x-response", &b"too"[..])], "{what}: {status:?}");
        assert_eq!(status.metadata().get("x-trailer"), Some("after"), "{what}: {status:?}");
    }
}

/// Refuses each call, or marks its end.
struct Refuse;

impl Interceptor for Refuse {
    fn before(&self, _: &mut Call) -> Result<(), Status> {
        Err(failure())
    }
}

struct Mark;

impl Interceptor for Mark {
    fn after(&self, _: &Call, end: &mut End) {
        end.status.headers_mut().add("x-mark", "header").unwrap();
        end.status.metadata_mut().add("x-mark", "trailer").unwrap();
    }
}

#[test]
fn an_interceptor_refuses_with_headers_and_adds_to_those_of_any_end() {
    let refusing = serve_with(Fails, |builder| builder.interceptor(Refuse));
    let client = refusing.client();
    run(failures(&client, &[])).iter().for_each(|(what, status)| check(what, status));

    let marking = serve_with(Fails, |builder| builder.interceptor(Mark));
    let client = marking.client();
    for (what, status) in run(failures(&client, &[])) {
        check(what, &status);
        assert_eq!(status.headers().get("x-mark"), Some("header"), "{what}: {status:?}");
        assert_eq!(status.metadata().get("x-mark"), Some("trailer"), "{what}: {status:?}");
    }
    let hello = serve_with(chat::Chat::default(), |builder| builder.interceptor(Mark));
    let response = run(hello.client().say_hello(message("", ""))).unwrap();
    assert_eq!(response.headers().get("x-mark"), Some("header"), "{response:?}");
    assert_eq!(response.trailers().get("x-mark"), Some("trailer"), "{response:?}");
}

/// Reports the status of each call of a client.
struct Report(Mutex<Sender<Status>>);

impl Interceptor for Report {
    fn after(&self, _: &Call, end: &mut End) {
        self.0.lock().unwrap().send(end.status.clone()).unwrap();
    }
}

#[test]
fn an_interceptor_of_a_client_sees_the_headers_of_an_error() {
    let served = serve(Fails);
    let (sender, seen) = mpsc::channel();
    let channel = Channel::builder(&served.target).interceptor(Report(Mutex::new(sender))).build();
    run(failures(&ChatServiceClient::new(channel), &[]));
    let seen: Vec<_> = seen.try_iter().collect();
    assert_eq!(seen.len(), 4, "{seen:?}");
    seen.iter().for_each(|status| check("interceptor", status));
}

/// Metadata that came in the one block of a response without headers are trailers.
#[test]
fn an_error_in_trailers_alone_has_no_headers() {
    let target = raw::serve(|connection, frame| {
        if frame.kind == HEADERS {
            let error = [("grpc-status", &b"10"[..]), ("x-text", b"first")];
            connection.raw(&raw::headers(frame.stream, &error, END_STREAM));
        }
    });
    let client = ChatServiceClient::new(Channel::to(&target));
    for (what, status) in run(failures(&client, &[])) {
        assert_eq!(status.code(), Code::Aborted, "{what}: {status:?}");
        assert!(status.headers().is_empty(), "{what}: {status:?}");
        assert_eq!(status.metadata().get("x-text"), Some("first"), "{what}: {status:?}");
    }
}

/// That the layer itself fails a call takes nothing of what came.
#[test]
fn a_call_that_ends_with_ok_and_no_reply_keeps_its_metadata() {
    let target = raw::serve(|connection, asked| {
        if asked.kind == HEADERS {
            let ok = block(&[("grpc-status", b"0"), ("x-trailer", b"after")]);
            let headers = raw::headers(asked.stream, &[("x-text", b"first")], 0);
            let trailers = frame(HEADERS, END_HEADERS | END_STREAM, asked.stream, &ok);
            connection.raw(&[headers, trailers].concat());
        }
    });
    let client = ChatServiceClient::new(Channel::to(&target));
    let unary = run(client.say_hello(message("", ""))).unwrap_err();
    let (_sender, reply) = client.upload_stream(()).unwrap();
    for status in [unary, run(reply).unwrap_err()] {
        assert_eq!(status.code(), Code::Unimplemented, "{status:?}");
        assert_eq!(status.headers().get("x-text"), Some("first"), "{status:?}");
        assert_eq!(status.metadata().get("x-trailer"), Some("after"), "{status:?}");
    }
}
