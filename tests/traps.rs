//! The traps of bare grpcio, sprung: the reason for much of `crates/quartet/src/rpc` and
//! `crates/quartet-seam`. Where one of these tests fails, grpcio or C-core has changed, and a guard
//! may go. (A panicking handler is in `panics`, headers in `metadata`, compression in `compression`,
//! the wire in `hostile`. Not here: the memory of stalled readers, which depends on the link, and a
//! close that fails in a call that ends well, which depends on the moment.)

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

use chat::{Message, bare, message};
use futures::{FutureExt, SinkExt, StreamExt, TryStreamExt};
use grpcio::{
    CallOption, ClientStreamingSink, DuplexSink, RequestStream, RpcContext, RpcStatus,
    RpcStatusCode, UnarySink, WriteFlags,
};
use quartet::rpc::Request;

use crate::cardinality::{answers, as_stream};
use crate::support::hello::Hello;
use crate::support::probe::probe;
use crate::support::{bare_channel, bare_client, bare_server, client, is_bundled_core, run, serve};

fn flagged(content: &str) -> (Message, WriteFlags) {
    (message("", content), WriteFlags::default())
}

fn timeout(millis: u64) -> CallOption {
    CallOption::default().timeout(Duration::from_millis(millis))
}

#[test]
fn a_cancelled_upload_looks_like_a_finished_one() {
    let (sender, uploads) = mpsc::channel();
    let service = grpcio::ServiceBuilder::new()
        .add_client_streaming_handler(
            &bare::METHOD_CHAT_SERVICE_UPLOAD_STREAM,
            move |context: RpcContext<'_>,
                  mut requests: RequestStream<Message>,
                  sink: ClientStreamingSink<Message>| {
                let sender = sender.clone();
                context.spawn(async move {
                    let first = requests.try_next().await;
                    let end = requests.try_next().await;
                    sender.send((first, end)).unwrap();
                    let _ = sink.success(Message::default()).await;
                });
            },
        )
        .build();
    let (_server, target) = bare_server(service);
    let client = client(&target);
    let (mut upload, reply) = client.upload_stream(()).unwrap();
    run(upload.send(message("", "one"))).unwrap();
    // The handler waits for the second message when the call is cancelled.
    let (mut other, other_reply) = client.upload_stream(()).unwrap();
    run(async {
        other.send(message("", "")).await.unwrap();
        other.close().await;
        other_reply.await.unwrap();
    });
    uploads.recv_timeout(Duration::from_secs(5)).unwrap().0.unwrap();
    drop((upload, reply));
    let (first, end) = uploads.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(matches!(first, Ok(Some(_))), "{first:?}");
    assert!(matches!(end, Ok(None)), "a cancelled upload ends with {end:?}");
}

#[test]
fn a_handler_is_not_told_that_its_caller_has_gone() {
    let (sender, woken) = mpsc::channel();
    let service = grpcio::ServiceBuilder::new()
        .add_unary_handler(
            &bare::METHOD_CHAT_SERVICE_SAY_HELLO,
            move |context: RpcContext<'_>, _: Message, sink: UnarySink<Message>| {
                let sender = sender.clone();
                context.spawn(async move {
                    futures_timer::Delay::new(Duration::from_millis(600)).await;
                    sender.send(()).unwrap();
                    let _ = sink.success(Message::default()).await;
                });
            },
        )
        .build();
    let (_server, target) = bare_server(service);
    let client = bare_client(&target);
    let call = client.say_hello_async_opt(&Message::default(), timeout(300)).unwrap();
    assert!(run(call).is_err());
    // The handler works on, for nobody.
    woken.recv_timeout(Duration::from_secs(5)).expect("bare grpcio has dropped the handler");
}

#[test]
fn a_message_before_an_error_is_lost_on_a_late_reader() {
    let served = serve(probe().0);
    let client = bare_client(&served.target);
    let mut lost = 0;
    for _ in 0..50 {
        let mut broadcast = client.broadcast_messages(&message("", "1 then fail")).unwrap();
        let first_poll = run(async { futures::poll!(broadcast.next()) });
        assert!(first_poll.is_pending() || first_poll.is_ready());
        // Late: by now message and status are both here.
        run(client.say_hello_async(&message("", "")).unwrap()).unwrap();
        lost += usize::from(matches!(run(broadcast.next()), Some(Err(_))));
    }
    assert!(lost > 0, "no message was lost in 50 calls");
}

#[test]
fn an_ok_without_a_reply_panics_the_client() {
    let service = grpcio::ServiceBuilder::new()
        .add_unary_handler(
            &bare::METHOD_CHAT_SERVICE_SAY_HELLO,
            |context: RpcContext<'_>, _: Message, sink: UnarySink<Message>| {
                context.spawn(async move {
                    let _ = sink.fail(RpcStatus::new(RpcStatusCode::OK)).await;
                });
            },
        )
        .build();
    let (_server, target) = bare_server(service);
    let client = bare_client(&target);
    let call = client.say_hello_async(&Message::default()).unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| run(call)));
    assert!(outcome.is_err(), "it was survived: {outcome:?}");
}

#[test]
fn two_replies_hang_a_unary_call_until_its_deadline() {
    let (_server, target) = answers(2);
    let client = bare_client(&target);
    let call = client.say_hello_async_opt(&Message::default(), timeout(500)).unwrap();
    match run(call) {
        Err(grpcio::Error::RpcFailure(status)) => {
            assert_eq!(status.code(), RpcStatusCode::DEADLINE_EXCEEDED);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_requests_of_a_unary_call_are_not_noticed() {
    let service = grpcio::ServiceBuilder::new()
        .add_unary_handler(
            &bare::METHOD_CHAT_SERVICE_SAY_HELLO,
            |context: RpcContext<'_>, request: Message, sink: UnarySink<Message>| {
                context.spawn(async move {
                    let _ = sink.success(request).await;
                });
            },
        )
        .build();
    let (_server, target) = bare_server(service);
    let client = grpcio::Client::new(bare_channel(&target));
    let method = as_stream(&bare::METHOD_CHAT_SERVICE_SAY_HELLO);
    let (mut sink, replies) = client.duplex_streaming(&method, timeout(5000)).unwrap();
    let replies = run(async {
        sink.send(flagged("one")).await.unwrap();
        // Closing after a send that failed would panic: a trap of its own.
        if sink.send(flagged("two")).await.is_ok() {
            let _ = sink.close().await;
        }
        replies.try_collect::<Vec<_>>().await
    });
    assert_eq!(replies.unwrap(), [message("", "one")]);
}

#[test]
fn sending_again_after_an_error_panics() {
    let (sender, outcomes) = mpsc::channel();
    let service = grpcio::ServiceBuilder::new()
        .add_duplex_streaming_handler(
            &bare::METHOD_CHAT_SERVICE_CHAT_STREAM,
            move |context: RpcContext<'_>,
                  requests: RequestStream<Message>,
                  mut sink: DuplexSink<Message>| {
                let sender = sender.clone();
                context.spawn(async move {
                    while sink.send(flagged("more")).await.is_ok() {}
                    let again = AssertUnwindSafe(sink.send(flagged("again"))).catch_unwind();
                    sender.send(again.await.is_err()).unwrap();
                    drop(requests);
                });
            },
        )
        .build();
    let (_server, target) = bare_server(service);
    let client = client(&target);
    let (call, mut echoes) = client.chat_stream(()).unwrap();
    run(echoes.message()).unwrap();
    drop((call, echoes));
    let panicked = outcomes.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(panicked, "a second send after an error has not panicked");
}

/// The bundled core writes what is left when it writes it, with the seam before it, for bare calls
/// as well.
#[test]
fn a_deadline_travels_longer_than_asked() {
    if is_bundled_core() {
        return;
    }
    let served = serve(Hello(async |request: Request<Message>| {
        let left = request.time_left().unwrap_or_default();
        Ok(message("", left.as_millis().to_string()).into())
    }));
    let client = bare_client(&served.target);
    // The first call waits for the connection, so it has less left.
    let longest = (0..20).map(|_| {
        let call = client.say_hello_async_opt(&Message::default(), timeout(2000)).unwrap();
        run(call).unwrap().content.parse::<u64>().unwrap()
    });
    let longest = longest.max().unwrap();
    assert!(longest > 2000, "of 2000 ms, {longest} were left on the server");
}
