//! Headers and trailers: ascii and binary, repeated, in every style, on OK and on error.

use std::sync::mpsc;
use std::time::Duration;

use chat::{ChatService, Message, message};
use futures::{Stream, TryStreamExt, stream};
use quartet::rpc::{Code, Metadata, Request, Response, Status, Streaming};

use crate::support::hello::Hello;
use crate::support::{Served, run, serve};

/// Sends back the metadata of the request, as headers and as trailers.
struct Mirror;

fn mirrored<T, U>(request: &Request<T>, body: U) -> Result<Response<U>, Status> {
    let metadata = request.metadata().clone();
    if metadata.get("fail").is_some() {
        return Err(Status::aborted("as told").with_details([1, 2, 3]).with_metadata(metadata));
    }
    let mut response = Response::new(body);
    *response.headers_mut() = metadata.clone();
    *response.trailers_mut() = metadata;
    Ok(response)
}

impl ChatService for Mirror {
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        mirrored(&request, Message::default())
    }

    async fn broadcast_messages(
        &self,
        request: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let count = request.get_ref().content.parse().unwrap_or(0);
        mirrored(&request, stream::iter((0..count).map(|_| Ok(Message::default()))))
    }

    async fn upload_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        mirrored(&request, Message::default())
    }

    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let mut response = mirrored(&request, ())?;
        let mut mirrored = Response::new(request.into_inner());
        std::mem::swap(mirrored.headers_mut(), response.headers_mut());
        std::mem::swap(mirrored.trailers_mut(), response.trailers_mut());
        Ok(mirrored)
    }
}

const BINARY: &[u8] = &[0, 255, 10, 171];

fn with_metadata<T>(message: T, fail: bool) -> Request<T> {
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    metadata.add("x-text", "first").unwrap();
    metadata.add("x-blob-bin", BINARY).unwrap();
    metadata.add("x-text", "second, and last").unwrap();
    if fail {
        metadata.add("fail", "yes").unwrap();
    }
    request
}

fn check(what: &str, metadata: &Metadata) {
    let texts: Vec<_> = metadata.get_all("x-text").collect();
    assert_eq!(texts, [&b"first"[..], b"second, and last"], "{what}: {metadata:?}");
    assert_eq!(metadata.get_bytes("x-blob-bin"), Some(BINARY), "{what}: {metadata:?}");
}

fn mirror() -> Served {
    serve(Mirror)
}

#[test]
fn headers_and_trailers_of_an_ok_in_every_style() {
    let served = mirror();
    let client = served.client();
    run(async {
        let unary = client.say_hello(with_metadata(Message::default(), false)).await.unwrap();
        check("unary headers", unary.headers());
        check("unary trailers", unary.trailers());

        for count in ["0", "1", "3"] {
            let request = with_metadata(message("", count), false);
            let mut broadcast = client.broadcast_messages(request).unwrap();
            check("server streaming headers", broadcast.headers().await);
            while broadcast.message().await.unwrap().is_some() {}
            check("server streaming trailers", broadcast.trailers());
        }

        let (mut sender, reply) = client.upload_stream(with_metadata((), false)).unwrap();
        sender.close().await;
        let upload = reply.await.unwrap();
        check("client streaming headers", upload.headers());
        check("client streaming trailers", upload.trailers());

        let (mut sender, mut echoes) = client.chat_stream(with_metadata((), false)).unwrap();
        check("bidi headers", echoes.headers().await);
        sender.close().await;
        assert_eq!(echoes.message().await.unwrap(), None);
        check("bidi trailers", echoes.trailers());
    });
}

/// Whoever first reads the messages and then asks gets them all the same.
#[test]
fn headers_are_there_after_the_end_of_a_stream() {
    let served = mirror();
    let client = served.client();
    run(async {
        for count in ["0", "3"] {
            let request = with_metadata(message("", count), false);
            let mut broadcast = client.broadcast_messages(request).unwrap();
            while broadcast.message().await.unwrap().is_some() {}
            check("server streaming headers", broadcast.headers().await);
        }
        let (mut sender, mut echoes) = client.chat_stream(with_metadata((), false)).unwrap();
        sender.send(Message::default()).await.unwrap();
        sender.close().await;
        while echoes.message().await.unwrap().is_some() {}
        check("bidi headers", echoes.headers().await);
        check("bidi trailers", echoes.trailers());
    });
}

#[test]
fn trailers_and_details_of_an_error_in_every_style() {
    let served = mirror();
    let client = served.client();
    run(async {
        let unary = client.say_hello(with_metadata(Message::default(), true)).await.unwrap_err();
        let request = with_metadata(Message::default(), true);
        let mut broadcast = client.broadcast_messages(request).unwrap();
        let server_streaming = broadcast.message().await.unwrap_err();
        let (_sender, reply) = client.upload_stream(with_metadata((), true)).unwrap();
        let client_streaming = reply.await.unwrap_err();
        let (_sender, mut echoes) = client.chat_stream(with_metadata((), true)).unwrap();
        let bidi = echoes.message().await.unwrap_err();
        for status in [unary, server_streaming, client_streaming, bidi] {
            assert_eq!((status.code(), status.message()), (Code::Aborted, "as told"));
            assert_eq!(status.details(), [1, 2, 3]);
            check("trailers", status.metadata());
        }
    });
}

#[test]
fn headers_of_a_stream_that_has_nothing_to_send_yet_leave_at_once() {
    let served = mirror();
    let client = served.client();
    run(async {
        for _ in 0..200 {
            // Neither side has sent a message, nor will it before the headers are here.
            let (sender, mut echoes) = client.chat_stream(with_metadata((), false)).unwrap();
            check("headers", echoes.headers().await);
            drop(sender);
            let status = echoes.try_collect::<Vec<_>>().await.unwrap_err();
            assert_eq!(status.code(), Code::Cancelled);
        }
    });
}

/// The trap itself, on bare grpcio: no server trailers, and headers that leave with the
/// first message or never.
#[test]
fn bare_grpcio_keeps_headers_back() {
    use chat::bare;
    use grpcio::{DuplexSink, MetadataBuilder, RpcContext};

    use crate::support::{bare_server, client};

    let service = grpcio::ServiceBuilder::new()
        .add_duplex_streaming_handler(
            &bare::METHOD_CHAT_SERVICE_CHAT_STREAM,
            |context: RpcContext<'_>, requests, mut sink: DuplexSink<Message>| {
                let mut headers = MetadataBuilder::new();
                headers.add_str("x-text", "never seen").unwrap();
                sink.set_headers(headers.build());
                context.spawn(async move {
                    let _ = futures::SinkExt::close(&mut sink).await;
                    drop(requests);
                });
            },
        )
        .build();
    let (_server, target) = bare_server(service);
    let client = client(&target);
    let (_sender, mut echoes) = client.chat_stream(()).unwrap();
    run(async {
        assert_eq!(echoes.headers().await.get("x-text"), None, "bare grpcio has sent headers");
        assert_eq!(echoes.message().await.unwrap(), None);
    });
}

#[test]
fn the_peer_of_a_call_is_its_callers_address() {
    let (sender, peers) = mpsc::channel();
    let served = serve(Hello(move |request: Request<Message>| {
        sender.send(request.peer()).unwrap();
        std::future::ready(Ok(request.into_inner().into()))
    }));
    run(served.client().say_hello(Message::default())).unwrap();
    let peer = peers.recv_timeout(Duration::from_secs(5)).unwrap().unwrap();
    assert!(peer.starts_with("ipv4:127.0.0.1:"), "{peer}");
}
