//! A panic in a handler is INTERNAL at its caller, and nobody else's business.

mod codecs;
mod elsewhere;

use chat::{ChatServiceClient, message};
use quartet::rpc::{Code, Status};

use crate::support::probe::probe;
use crate::support::{Served, run, serve_with};

async fn outcomes(client: &ChatServiceClient, order: &str) -> [Result<(), Status>; 4] {
    let unary = client.say_hello(message("", order)).await.map(drop);
    let mut broadcast = client.broadcast_messages(message("", format!("0 then {order}"))).unwrap();
    let server_streaming = broadcast.message().await.map(drop);
    let (mut sender, reply) = client.upload_stream(()).unwrap();
    let _ = sender.send(message("", order)).await;
    sender.close().await;
    let client_streaming = reply.await.map(drop);
    let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
    let _ = sender.send(message("", order)).await;
    let bidi = echoes.message().await.map(drop);
    sender.close().await;
    [unary, server_streaming, client_streaming, bidi]
}

async fn all_fine(served: &Served, connections: usize) {
    for connection in 0..connections {
        let client = served.client();
        for outcome in outcomes(&client, "be fine").await {
            assert!(outcome.is_ok(), "connection {connection}: {outcome:?}");
        }
    }
}

fn panics(queues: usize) {
    let served = serve_with(probe().0, |builder| builder.completion_queues(queues));
    let client = served.client();
    run(async {
        for order in ["panic at once", "panic later"] {
            for (style, outcome) in outcomes(&client, order).await.into_iter().enumerate() {
                let status = outcome.expect_err("a panic looked like a success");
                assert_eq!(status.code(), Code::Internal, "style {style}, {order}: {status}");
                assert_eq!(status.message(), "the handler panicked");
            }
        }
        for outcome in outcomes(&client, "be fine").await {
            assert!(outcome.is_ok(), "the same connection: {outcome:?}");
        }
        all_fine(&served, 20).await;
    });
}

#[test]
fn with_one_queue_20_of_20_connections_work_afterwards() {
    panics(1);
}

#[test]
fn with_two_queues_20_of_20_connections_work_afterwards() {
    panics(2);
}

/// The trap itself, on bare grpcio: the thread of the queue is gone, and with it every
/// connection that it served. If this ever fails, the guard is no longer needed.
#[test]
fn bare_grpcio_loses_the_thread() {
    use crate::support::{bare_client, bare_server};
    use chat::{Message, bare};
    use grpcio::{CallOption, RpcContext, UnarySink};

    let service = grpcio::ServiceBuilder::new()
        .add_unary_handler(
            &bare::METHOD_CHAT_SERVICE_SAY_HELLO,
            |_: RpcContext<'_>, request: Message, sink: UnarySink<Message>| {
                assert_ne!(request.content, "panic");
                drop(sink.success(request));
            },
        )
        .build();
    let (server, target) = bare_server(service);
    let option = || CallOption::default().timeout(std::time::Duration::from_millis(500));
    let client = bare_client(&target);
    let _ = run(client.say_hello_async_opt(&message("", "panic"), option()).unwrap());
    let later = bare_client(&target);
    let later = run(later.say_hello_async_opt(&message("", "fine"), option()).unwrap());
    assert!(later.is_err(), "bare grpcio has survived a panic: {later:?}");
    // Its shutdown would wait for the thread that is gone.
    std::mem::forget(server);
}
