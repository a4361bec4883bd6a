//! Every way a call can end arrives as what it was.

use chat::{Message, bare, message};
use futures::{SinkExt, StreamExt, TryStreamExt};
use grpcio::{
    ClientStreamingSink, DuplexSink, GrpcSlice, Marshaller, MessageReader, Method, RequestStream,
    RpcContext, RpcStatus, RpcStatusCode, ServerStreamingSink, UnarySink, WriteFlags,
};
use quartet::rpc::Code;

use crate::support::probe::probe;
use crate::support::{bare_channel, bare_server, client, run, serve};

#[test]
fn an_error_status_has_its_code_and_words_in_every_style() {
    let served = serve(probe().0);
    let client = served.client();
    run(async {
        let unary = client.say_hello(message("", "fail")).await.unwrap_err();
        let mut broadcast = client.broadcast_messages(message("", "fail")).unwrap();
        let server_streaming = broadcast.message().await.unwrap_err();
        let (mut sender, reply) = client.upload_stream(()).unwrap();
        let _ = sender.send(message("", "fail")).await;
        let client_streaming = reply.await.unwrap_err();
        let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
        let _ = sender.send(message("", "fail")).await;
        let bidi = echoes.message().await.unwrap_err();
        for status in [unary, server_streaming, client_streaming, bidi] {
            assert_eq!((status.code(), status.message()), (Code::Aborted, "as told"));
        }
    });
}

#[test]
fn every_message_before_an_error_is_delivered_to_a_slow_reader_too() {
    let served = serve(probe().0);
    let client = served.client();
    run(async {
        for round in 0..50 {
            let mut broadcast = client.broadcast_messages(message("", "20 then fail")).unwrap();
            if round % 2 == 0 {
                // Late: by now the status is here as well.
                client.say_hello(message("", "")).await.unwrap();
            }
            let mut seen = Vec::new();
            let status = loop {
                match broadcast.message().await {
                    Ok(Some(message)) => seen.push(message.content),
                    Ok(None) => panic!("round {round}: an error ended like an OK"),
                    Err(status) => break status,
                }
            };
            assert_eq!(status.code(), Code::Aborted);
            assert_eq!(seen, (0..20).map(|n| n.to_string()).collect::<Vec<_>>(), "round {round}");
            assert_eq!(broadcast.message().await.unwrap(), None, "after the end comes nothing");
        }
    });
}

#[test]
fn a_handler_that_leaves_its_requests_unread_still_answers() {
    let served = serve(probe().0);
    let client = served.client();
    run(async {
        for _ in 0..50 {
            let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
            let _ = sender.send(message("", "fail")).await;
            let _ = sender.send(message("", "unread")).await;
            let status = echoes.message().await.unwrap_err();
            assert_eq!((status.code(), status.message()), (Code::Aborted, "as told"));
        }
    });
}

/// A bare server that ends every call in a way of its own.
#[derive(Clone)]
struct Odd;

impl bare::ChatService for Odd {
    fn say_hello(&mut self, ctx: RpcContext<'_>, _: Message, sink: UnarySink<Message>) {
        ctx.spawn(async move {
            let _ = sink.fail(RpcStatus::ok()).await;
        });
    }

    fn broadcast_messages(
        &mut self,
        ctx: RpcContext<'_>,
        _: Message,
        mut sink: ServerStreamingSink<Message>,
    ) {
        ctx.spawn(async move {
            let _ = sink.send((message("", "only one"), WriteFlags::default())).await;
            let status = RpcStatus::with_message(RpcStatusCode::from(42), "code 42".into());
            let _ = sink.fail(status).await;
        });
    }

    fn upload_stream(
        &mut self,
        ctx: RpcContext<'_>,
        stream: RequestStream<Message>,
        sink: ClientStreamingSink<Message>,
    ) {
        ctx.spawn(async move {
            let _ = sink.fail(RpcStatus::ok()).await;
            drop(stream);
        });
    }

    fn chat_stream(
        &mut self,
        ctx: RpcContext<'_>,
        stream: RequestStream<Message>,
        mut sink: DuplexSink<Message>,
    ) {
        ctx.spawn(async move {
            // OK, before the client has said anything.
            let _ = sink.close().await;
            drop(stream);
        });
    }
}

#[test]
fn an_ok_without_the_reply_that_is_owed_is_an_error() {
    let (_server, target) = bare_server(bare::create_chat_service(Odd));
    let client = client(&target);
    run(async {
        let unary = client.say_hello(message("", "")).await.unwrap_err();
        let (_sender, reply) = client.upload_stream(()).unwrap();
        let client_streaming = reply.await.unwrap_err();
        for status in [unary, client_streaming] {
            assert_eq!(status.code(), Code::Unimplemented, "{status}");
            assert!(status.message().contains("no reply"), "{status}");
        }
    });
}

#[test]
fn a_code_that_is_none_is_unknown() {
    let (_server, target) = bare_server(bare::create_chat_service(Odd));
    let mut broadcast = client(&target).broadcast_messages(message("", "")).unwrap();
    run(async {
        assert_eq!(broadcast.message().await.unwrap(), Some(message("", "only one")));
        assert_eq!(broadcast.message().await.unwrap_err().code(), Code::Unknown);
    });
}

#[test]
fn an_early_ok_is_the_truth_whatever_is_still_being_sent() {
    let (_server, target) = bare_server(bare::create_chat_service(Odd));
    let client = client(&target);
    run(async {
        for round in 0..100 {
            let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
            while sender.send(message("", "into the void")).await.is_ok() {}
            assert!(sender.send(message("", "again")).await.is_err(), "polled after the end");
            sender.close().await;
            let end = echoes.message().await;
            assert!(matches!(end, Ok(None)), "round {round}: {end:?}");
        }
    });
}

fn raw(bytes: &Vec<u8>, slice: &mut GrpcSlice) -> grpcio::Result<()> {
    *slice = GrpcSlice::from(bytes.as_slice());
    Ok(())
}

fn unread(mut reader: MessageReader) -> grpcio::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut bytes)
        .map_err(|e| grpcio::Error::Codec(e.into()))?;
    Ok(bytes)
}

fn raw_method(ty: grpcio::MethodType, name: &'static str) -> Method<Vec<u8>, Vec<u8>> {
    let bytes = || Marshaller { ser: raw, de: unread };
    Method { ty, name, req_mar: bytes(), resp_mar: bytes() }
}

/// A length that runs past the end of the message.
const MALFORMED: &[u8] = &[0x0a, 0x7f, b'x'];

#[test]
fn a_malformed_request_is_refused_in_words_and_the_next_call_works() {
    let served = serve(probe().0);
    let bare = grpcio::Client::new(bare_channel(&served.target));
    let check = |error: grpcio::Error| match error {
        grpcio::Error::RpcFailure(status) => {
            assert_eq!(status.code(), RpcStatusCode::INTERNAL);
            assert!(status.message().contains("request message can't be decoded"), "{status}");
            assert!(!status.message().contains("Codec("), "internals leak: {status}");
        }
        other => panic!("{other}"),
    };
    run(async {
        let method = raw_method(grpcio::MethodType::Unary, "/chat.ChatService/SayHello");
        let call = bare.unary_call_async(&method, &MALFORMED.to_vec(), Default::default());
        check(call.unwrap().await.unwrap_err());

        let method =
            raw_method(grpcio::MethodType::ClientStreaming, "/chat.ChatService/UploadStream");
        let (mut sink, reply) = bare.client_streaming(&method, Default::default()).unwrap();
        let _ = sink.send((MALFORMED.to_vec(), WriteFlags::default())).await;
        check(reply.await.unwrap_err());

        served.client().say_hello(message("", "fine")).await.unwrap();
    });
}

#[test]
fn a_malformed_reply_is_an_error_not_a_panic() {
    let service = grpcio::ServiceBuilder::new()
        .add_unary_handler(
            &raw_method(grpcio::MethodType::Unary, "/chat.ChatService/SayHello"),
            |ctx: RpcContext<'_>, _, sink: UnarySink<Vec<u8>>| {
                ctx.spawn(async move {
                    let _ = sink.success(MALFORMED.to_vec()).await;
                });
            },
        )
        .add_server_streaming_handler(
            &raw_method(grpcio::MethodType::ServerStreaming, "/chat.ChatService/BroadcastMessages"),
            |ctx: RpcContext<'_>, _, mut sink: ServerStreamingSink<Vec<u8>>| {
                ctx.spawn(async move {
                    let _ = sink.send((MALFORMED.to_vec(), WriteFlags::default())).await;
                    let _ = sink.close().await;
                });
            },
        )
        .build();
    let (_server, target) = bare_server(service);
    let client = client(&target);
    run(async {
        let unary = client.say_hello(message("", "")).await.unwrap_err();
        let mut broadcast = client.broadcast_messages(message("", "")).unwrap();
        let streaming = broadcast.message().await.unwrap_err();
        for status in [unary, streaming] {
            assert_eq!(status.code(), Code::Internal, "{status}");
            assert!(status.message().contains("reply message can't be decoded"), "{status}");
        }
        assert!(broadcast.next().await.is_none());
    });
}

#[test]
fn a_message_over_the_limit_is_refused_and_just_under_passes() {
    let served = serve(chat::Chat::default());
    let client = served.client();
    let limit = 4 << 20;
    run(async {
        let under = client.say_hello(message("", "x".repeat(limit - 100))).await;
        assert!(under.is_ok(), "{under:?}");
        let over = client.say_hello(message("", "x".repeat(limit + 1))).await.unwrap_err();
        assert_eq!(over.code(), Code::ResourceExhausted, "{over}");
        let (mut sender, reply) = client.upload_stream(()).unwrap();
        sender.send(message("Ada", "short")).await.unwrap();
        let _ = sender.send(message("Ada", "x".repeat(limit + 1))).await;
        sender.close().await;
        let upload = reply.await.unwrap_err();
        assert_eq!(upload.code(), Code::ResourceExhausted, "{upload}");
        let (sender, echoes) = client.chat_stream(()).unwrap();
        drop(sender);
        let cancelled: Result<Vec<_>, _> = echoes.try_collect().await;
        assert_eq!(cancelled.unwrap_err().code(), Code::Cancelled, "a sender that was dropped");
    });
}

#[test]
fn a_call_whose_server_goes_away_before_it_is_looked_at_ends() {
    for _ in 0..200 {
        let served = serve(probe().0);
        let client = served.client();
        let (_sender, mut echoes) = client.chat_stream(()).unwrap();
        drop(served);
        let status = run(echoes.message()).unwrap_err();
        assert!(matches!(status.code(), Code::Unavailable | Code::Cancelled), "{status}");
    }
}
