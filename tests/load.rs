//! Many calls at once.

use std::time::Duration;

use chat::{Chat, message};
use futures::future::{join_all, try_join_all};
use futures::{StreamExt, TryStreamExt, stream};

use crate::support::{run, serve};

const CALLS: usize = 1000;

fn chat() -> Chat {
    Chat::default().pace(Duration::ZERO)
}

#[test]
fn a_thousand_calls_of_each_style_at_once() {
    let served = serve(chat());
    let client = served.client();
    run(async {
        let calls = (0..CALLS).map(|n| client.say_hello(message(format!("user {n}"), "")));
        for (n, reply) in join_all(calls).await.into_iter().enumerate() {
            let content = reply.unwrap().into_inner().content;
            assert_eq!(content, format!("Hello, user {n}! Thanks for your message."));
        }

        let calls = (0..CALLS)
            .map(|_| client.broadcast_messages(message("", "")).unwrap().try_collect::<Vec<_>>());
        for broadcast in try_join_all(calls).await.unwrap() {
            assert_eq!(broadcast.len(), 4);
        }

        let calls = (0..CALLS).map(async |n| {
            let (mut sender, reply) = client.upload_stream(()).unwrap();
            for _ in 0..n % 10 {
                sender.send(message("Ada", "")).await.unwrap();
            }
            sender.close().await;
            reply.await.unwrap().into_inner().content
        });
        for (n, content) in join_all(calls).await.into_iter().enumerate() {
            assert!(content.ends_with(&format!("Got {} messages.", n % 10)), "{content}");
        }

        let calls = (0..CALLS).map(async |n| {
            let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
            sender.send(message("", n.to_string())).await.unwrap();
            let echo = echoes.message().await.unwrap().unwrap();
            assert_eq!(echo.content, format!("Echo: {n}"));
            sender.close().await;
            assert_eq!(echoes.message().await.unwrap(), None);
        });
        join_all(calls).await;
    });
}

#[test]
fn a_hundred_open_chats_take_turns() {
    let served = serve(chat());
    let client = served.client();
    run(async {
        let mut chats: Vec<_> = (0..100).map(|_| client.chat_stream(()).unwrap()).collect();
        for round in 0..10 {
            for (sender, _) in &mut chats {
                sender.send(message("", round.to_string())).await.unwrap();
            }
            for (_, echoes) in &mut chats {
                let echo = echoes.message().await.unwrap().unwrap();
                assert_eq!(echo.content, format!("Echo: {round}"));
            }
        }
        for (mut sender, mut echoes) in chats {
            sender.close().await;
            assert_eq!(echoes.message().await.unwrap(), None);
        }
    });
}

#[test]
fn a_long_chat_does_not_lock_up_on_flow_control() {
    let served = serve(chat());
    let (sender, echoes) = served.client().chat_stream(()).unwrap();
    let content = "x".repeat(10_000);
    let lines = stream::repeat_with(|| Ok(message("", &*content))).take(10_000);
    let (sent, echoes) = run(futures::future::join(
        lines.forward(sender),
        echoes.try_fold(0, async |count, _| Ok(count + 1)),
    ));
    sent.unwrap();
    assert_eq!(echoes.unwrap(), 10_000);
}

#[test]
fn a_reader_that_stops_holds_up_its_writer_and_nobody_else() {
    let served = serve(chat());
    let client = served.client();
    run(async {
        let (mut sender, echoes) = client.chat_stream(()).unwrap();
        let content = "x".repeat(1 << 20);
        let mut sent = 0;
        let stuck = loop {
            let send = Box::pin(sender.send(message("", &*content)));
            let pause = futures_timer::Delay::new(Duration::from_millis(500));
            match futures::future::select(send, pause).await {
                futures::future::Either::Left((result, _)) => result.unwrap(),
                futures::future::Either::Right(_) => break true,
            }
            sent += 1;
            if sent == 200 {
                break false;
            }
        };
        assert!(stuck, "{sent} MiB went out that nobody reads");
        client.say_hello(message("Ada", "")).await.unwrap();
        drop(echoes);
    });
}
