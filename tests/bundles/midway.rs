//! Something happens in the middle of many messages: what was yielded before it arrives.

use std::time::Duration;

use chat::message;
use futures::TryStreamExt;
use futures::future::join;
use quartet::rpc::{Code, Request};

use super::chat;
use crate::support::probe::{Event, probe};
use crate::support::{run, serve};

const COUNTS: [usize; 7] = [0, 1, 2, 7, 8, 100, 700];

/// How many messages of a broadcast arrive, and how it ends.
fn broadcast(order: &str, timeout: Option<Duration>) -> (usize, Option<Code>) {
    let served = serve(probe().0);
    let mut request = Request::new(message("", order));
    if let Some(timeout) = timeout {
        request.set_timeout(timeout);
    }
    let mut replies = served.client().broadcast_messages(request).unwrap();
    let mut count = 0;
    run(async {
        loop {
            match replies.message().await {
                Ok(Some(reply)) => assert_eq!(reply.content, count.to_string(), "{order}"),
                Ok(None) => return (count, None),
                Err(status) => return (count, Some(status.code())),
            }
            count += 1;
        }
    })
}

#[test]
fn what_was_yielded_arrives_before_any_end() {
    let ends = [
        ("panic at once", Some(Code::Internal)),
        ("panic later", Some(Code::Internal)),
        ("fail", Some(Code::Aborted)),
        ("end", None),
    ];
    for (order, end) in ends {
        for count in COUNTS {
            let order = format!("{count} then {order}");
            assert_eq!(broadcast(&order, None), (count, end), "{order}");
        }
    }
}

#[test]
fn what_was_yielded_arrives_long_before_a_deadline() {
    // C-core's client drops what was not read by then, so there has to be time.
    let end = Some(Code::DeadlineExceeded);
    assert_eq!(broadcast("100 then sleep", Some(Duration::from_secs(5))), (100, end));
}

#[test]
fn a_stream_that_is_left_in_the_middle_is_dropped() {
    let (probe, events) = probe();
    let served = serve(probe);
    for count in COUNTS {
        let request = message("", "100000 then wait for ever");
        let mut replies = served.client().broadcast_messages(request).unwrap();
        for _ in 0..count {
            assert!(run(replies.message()).unwrap().is_some());
        }
        assert_eq!(
            events.recv_timeout(Duration::from_secs(5)),
            Ok(Event::Started("BroadcastMessages"))
        );
        drop(replies);
        let over = events.recv_timeout(Duration::from_secs(5));
        assert!(matches!(over, Ok(Event::Over { finished: false, .. })), "{count}: {over:?}");
    }
}

/// None waits for another one.
#[test]
fn a_message_that_comes_alone_is_sent_at_once() {
    let served = serve(chat());
    let (mut sender, mut echoes) = served.client().chat_stream(()).unwrap();
    run(async {
        for burst in [1, 1, 5, 1, 300, 1] {
            for number in 0..burst {
                sender.send(message("us", number.to_string())).await.unwrap();
            }
            for number in 0..burst {
                let echo = echoes.message().await.unwrap().unwrap();
                assert_eq!(echo.content, format!("Echo: {number}"), "of {burst}");
            }
        }
        sender.close().await;
        assert_eq!(echoes.message().await.unwrap(), None);
    });
}

#[test]
fn a_drain_waits_for_every_message_of_a_running_stream() {
    let served = serve(probe().0);
    let mut replies = served.client().broadcast_messages(message("", "5000 then end")).unwrap();
    run(async {
        assert!(replies.message().await.unwrap().is_some());
        let drained = served.server.drain(Duration::from_secs(10));
        let (_, rest) = join(drained, replies.try_collect::<Vec<_>>()).await;
        assert_eq!(rest.unwrap().len(), 4_999);
    });
}
