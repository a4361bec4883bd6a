//! One request is one, and one reply is one.

use std::time::{Duration, Instant};

use chat::{Chat, ChatServiceClient, Message, bare, message};
use futures::{SinkExt, TryStreamExt, stream};
use grpcio::{DuplexSink, Method, MethodType, RequestStream, RpcContext, WriteFlags};
use quartet::channel::Channel;
use quartet::rpc::{Code, Status};

use crate::support::{bare_channel, bare_server, run, serve};

/// The method as a stream both ways: the same on the wire, and any number of messages.
pub fn as_stream(method: &Method<Message, Message>) -> Method<Message, Message> {
    let marshaller = || grpcio::Marshaller { ser: grpcio::pb_ser, de: grpcio::pb_de };
    let (req_mar, resp_mar) = (marshaller(), marshaller());
    Method { ty: MethodType::Duplex, name: method.name, req_mar, resp_mar }
}

#[test]
fn two_requests_or_none_are_refused() {
    let chat = Chat::default().pace(std::time::Duration::ZERO);
    let served = serve(chat);
    let client = grpcio::Client::new(bare_channel(&served.target));
    for method in
        [&bare::METHOD_CHAT_SERVICE_SAY_HELLO, &bare::METHOD_CHAT_SERVICE_BROADCAST_MESSAGES]
    {
        for count in [0, 2, 3] {
            let call = client.duplex_streaming(&as_stream(method), Default::default());
            let (mut sink, replies) = call.unwrap();
            let error = run(async {
                let flagged = || Ok((message("", ""), WriteFlags::default()));
                let mut requests = stream::iter((0..count).map(|_| flagged()));
                // A send that fails has met the refusal already; grpcio panics on what follows it.
                if sink.send_all(&mut requests).await.is_ok() {
                    let _ = sink.close().await;
                }
                replies.try_collect::<Vec<_>>().await.unwrap_err()
            });
            let told = error.to_string();
            assert!(
                told.contains("UNIMPLEMENTED") && told.contains("one request"),
                "{count}: {told}"
            );
        }
    }
    // One is one.
    let client = served.client();
    run(async {
        client.say_hello(message("Ada", "")).await.unwrap();
        let broadcast = client.broadcast_messages(message("Ada", "")).unwrap();
        assert_eq!(broadcast.try_collect::<Vec<_>>().await.unwrap().len(), 4);
    });
}

/// A bare server that answers `count` times, whatever was asked.
pub fn answers(count: usize) -> (grpcio::Server, String) {
    let answer = move |ctx: RpcContext<'_>,
                       requests: RequestStream<Message>,
                       mut sink: DuplexSink<Message>| {
        ctx.spawn(async move {
            for _ in 0..count {
                let _ = sink.send((message("", "reply"), WriteFlags::default())).await;
            }
            let _ = sink.close().await;
            drop(requests);
        });
    };
    let service = grpcio::ServiceBuilder::new()
        .add_duplex_streaming_handler(&as_stream(&bare::METHOD_CHAT_SERVICE_SAY_HELLO), answer)
        .add_duplex_streaming_handler(&as_stream(&bare::METHOD_CHAT_SERVICE_UPLOAD_STREAM), answer)
        .build();
    bare_server(service)
}

#[test]
fn two_replies_or_none_are_an_error_at_once() {
    for count in [0, 1, 2, 3] {
        let (_server, target) = answers(count);
        let client = ChatServiceClient::new(Channel::to(&target));
        let check = |what: &str, result: Result<_, Status>| match result {
            Ok(_) => assert_eq!(count, 1, "{what}"),
            Err(status) => {
                assert_ne!(count, 1, "{what}: {status}");
                assert_eq!(status.code(), Code::Unimplemented, "{what}: {status}");
            }
        };
        let started = Instant::now();
        run(async {
            check("unary", client.say_hello(message("", "")).await);
            let (mut sender, reply) = client.upload_stream(()).unwrap();
            sender.close().await;
            check("client streaming", reply.await);
        });
        assert!(started.elapsed() < Duration::from_secs(1), "{count}: {:?}", started.elapsed());
    }
}

/// A server that sends its reply long before its status: such a call is looked at meanwhile,
/// which must not affect it. Nor must giving it up.
#[test]
fn a_status_that_comes_late_is_waited_for() {
    let late =
        |_: RpcContext<'_>, requests: RequestStream<Message>, mut sink: DuplexSink<Message>| {
            std::thread::spawn(move || {
                futures_executor::block_on(async {
                    let _ = sink.send((message("", "reply"), WriteFlags::default())).await;
                    futures_timer::Delay::new(Duration::from_millis(500)).await;
                    let _ = sink.close().await;
                    drop(requests);
                });
            });
        };
    let service = grpcio::ServiceBuilder::new()
        .add_duplex_streaming_handler(&as_stream(&bare::METHOD_CHAT_SERVICE_SAY_HELLO), late)
        .build();
    let (_server, target) = bare_server(service);
    let client = ChatServiceClient::new(Channel::to(&target));
    run(async {
        let calls = (0..20).map(|_| client.say_hello(message("", "")));
        for reply in futures::future::join_all(calls).await {
            assert_eq!(reply.expect("a reply").get_ref().content, "reply");
        }
        for _ in 0..20 {
            let call = std::pin::pin!(client.say_hello(message("", "")));
            let pause = futures_timer::Delay::new(Duration::from_millis(150));
            let given_up = futures::future::select(call, pause).await;
            assert!(matches!(given_up, futures::future::Either::Right(_)), "the status came early");
        }
        client.say_hello(message("", "")).await.expect("the server still answers");
    });
}
