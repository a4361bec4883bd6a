//! Each call type against bare grpcio on the wire, so that our layer is not tested against itself.

use std::time::Duration;

use chat::{Chat, Message, bare, message};
use futures::{SinkExt, StreamExt, TryStreamExt};
use grpcio::{
    ClientStreamingSink, DuplexSink, RequestStream, RpcContext, ServerStreamingSink,
    StreamingCallSink, UnarySink, WriteFlags,
};

use crate::support::{bare_client, bare_server, client, run, serve};

fn chat() -> Chat {
    Chat::default().pace(Duration::ZERO)
}

const BROADCAST: [&str; 4] = [
    "Welcome to the broadcast!",
    "Here is message #1.",
    "And here is message #2.",
    "Broadcast finished.",
];

/// Half-closes. On bare grpcio this may fail in a call that ends well, when the server's end
/// overtakes it; the call's status is the truth.
async fn close(sink: &mut StreamingCallSink<Message>) {
    let _ = sink.close().await;
}

#[test]
fn a_bare_client_says_hello() {
    let served = serve(chat());
    let client = bare_client(&served.target);
    let reply = run(client.say_hello_async(&message("Marko", "Hi")).unwrap()).unwrap();
    assert_eq!(reply, message("Server", "Hello, Marko! Thanks for your message."));
}

#[test]
fn a_bare_client_hears_the_broadcast() {
    let served = serve(chat());
    let client = bare_client(&served.target);
    let broadcast = client.broadcast_messages(&message("Marko", "")).unwrap();
    let broadcast: Vec<Message> = run(broadcast.try_collect()).unwrap();
    assert_eq!(broadcast, BROADCAST.map(|line| message("Server", line)));
}

#[test]
fn a_bare_client_uploads() {
    let served = serve(chat());
    let client = bare_client(&served.target);
    let (mut sink, reply) = client.upload_stream().unwrap();
    let reply = run(async {
        for (user, content) in [("Marko", "1"), ("Ada", "2"), ("Eve", "3")] {
            sink.send((message(user, content), WriteFlags::default())).await.unwrap();
        }
        close(&mut sink).await;
        reply.await.unwrap()
    });
    assert_eq!(reply, message("Server", "Finished receiving stream from Eve. Got 3 messages."));
}

#[test]
fn a_bare_client_uploads_nothing() {
    let served = serve(chat());
    let client = bare_client(&served.target);
    let (mut sink, reply) = client.upload_stream().unwrap();
    let reply = run(async {
        close(&mut sink).await;
        reply.await.unwrap()
    });
    assert_eq!(reply, message("Server", "Finished receiving stream from . Got 0 messages."));
}

#[test]
fn a_bare_client_chats_message_by_message() {
    let served = serve(chat());
    let client = bare_client(&served.target);
    let (mut sink, mut echoes) = client.chat_stream().unwrap();
    run(async {
        for line in ["Hi!", "", "Grüße, 世界 👋"] {
            sink.send((message("Marko", line), WriteFlags::default())).await.unwrap();
            let echo = echoes.try_next().await.unwrap();
            assert_eq!(echo, Some(message("Server", format!("Echo: {line}"))));
        }
        close(&mut sink).await;
        assert_eq!(echoes.try_next().await.unwrap(), None);
    });
}

/// The chat service on bare grpcio, as plain as can be.
#[derive(Clone)]
pub struct BareChat;

impl bare::ChatService for BareChat {
    fn say_hello(&mut self, ctx: RpcContext<'_>, req: Message, sink: UnarySink<Message>) {
        ctx.spawn(async move {
            let _ = sink.success(message("Bare", format!("Hello, {}", req.user))).await;
        });
    }

    fn broadcast_messages(
        &mut self,
        ctx: RpcContext<'_>,
        _: Message,
        mut sink: ServerStreamingSink<Message>,
    ) {
        ctx.spawn(async move {
            for line in BROADCAST {
                let _ = sink.send((message("Bare", line), WriteFlags::default())).await;
            }
            let _ = sink.close().await;
        });
    }

    fn upload_stream(
        &mut self,
        ctx: RpcContext<'_>,
        mut stream: RequestStream<Message>,
        sink: ClientStreamingSink<Message>,
    ) {
        ctx.spawn(async move {
            let mut contents = Vec::new();
            while let Ok(Some(message)) = stream.try_next().await {
                contents.push(message.content);
            }
            let _ = sink.success(message("Bare", contents.join("+"))).await;
        });
    }

    fn chat_stream(
        &mut self,
        ctx: RpcContext<'_>,
        mut stream: RequestStream<Message>,
        mut sink: DuplexSink<Message>,
    ) {
        ctx.spawn(async move {
            while let Ok(Some(received)) = stream.try_next().await {
                let _ = sink.send((message("Bare", received.content), WriteFlags::default())).await;
            }
            let _ = sink.close().await;
        });
    }
}

#[test]
fn our_client_speaks_all_four_styles_to_a_bare_server() {
    let (_server, target) = bare_server(bare::create_chat_service(BareChat));
    let client = client(&target);
    run(async {
        let hello = client.say_hello(message("Marko", "Hi")).await.unwrap();
        assert_eq!(hello.get_ref(), &message("Bare", "Hello, Marko"));

        let broadcast = client.broadcast_messages(message("Marko", "")).unwrap();
        let broadcast: Vec<Message> = broadcast.try_collect().await.unwrap();
        assert_eq!(broadcast, BROADCAST.map(|line| message("Bare", line)));

        let (mut sender, reply) = client.upload_stream(()).unwrap();
        for line in ["1", "2", "3"] {
            sender.send(message("Marko", line)).await.unwrap();
        }
        sender.close().await;
        assert_eq!(reply.await.unwrap().get_ref(), &message("Bare", "1+2+3"));

        let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
        for line in ["a", "b"] {
            sender.send(message("Marko", line)).await.unwrap();
            assert_eq!(echoes.message().await.unwrap(), Some(message("Bare", line)));
        }
        sender.close().await;
        assert_eq!(echoes.message().await.unwrap(), None);
    });
}

#[test]
fn what_is_fed_is_sent_without_a_flush_by_hand() {
    let (_server, target) = bare_server(bare::create_chat_service(BareChat));
    let (mut sender, reply) = client(&target).upload_stream(()).unwrap();
    let reply = run(async {
        for line in ["1", "2", "3", "4", "5"] {
            sender.feed(message("Marko", line)).await.unwrap();
        }
        sender.close().await;
        reply.await.unwrap()
    });
    assert_eq!(reply.get_ref().content, "1+2+3+4+5");
    let served = serve(chat());
    let (sender, echoes) = served.client().chat_stream(()).unwrap();
    let lines = futures::stream::iter(0..100).map(|n| Ok(message("Marko", n.to_string())));
    let (sent, echoes) = run(futures::future::join(
        lines.forward(sender),
        echoes.map_ok(|echo| echo.content).try_collect::<Vec<_>>(),
    ));
    sent.unwrap();
    assert_eq!(echoes.unwrap(), (0..100).map(|n| format!("Echo: {n}")).collect::<Vec<_>>());
}
