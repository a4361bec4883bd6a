//! A handler is dropped soon after its caller has gone, whatever it is doing.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use chat::{ChatServiceClient, Message, message};
use futures::future::{join, join_all};
use futures::{StreamExt, stream};
use quartet::channel::Channel;
use quartet::rpc::{Request, blocking};

use crate::support::hello::Hello;
use crate::support::probe::{Event, probe};
use crate::support::process::start_server;
use crate::support::{Served, run, serve};

fn serve_probe() -> (Served, Receiver<Event>) {
    let (probe, events) = probe();
    (serve(probe), events)
}

fn wait(events: &Receiver<Event>, wanted: impl Fn(&Event) -> bool) -> Event {
    let mut seen = Vec::new();
    loop {
        match events.recv_timeout(Duration::from_secs(10)) {
            Ok(event) if wanted(&event) => return event,
            Ok(event) => seen.push(event),
            Err(error) => panic!("{error}, after {seen:?}"),
        }
    }
}

/// Waits until the handler runs, lets the caller leave, and returns how soon it was dropped.
fn leave(events: &Receiver<Event>, leave: impl FnOnce()) -> Duration {
    wait(events, |event| matches!(event, Event::Started(_)));
    let left = Instant::now();
    leave();
    match wait(events, |event| matches!(event, Event::Over { .. })) {
        Event::Over { method, finished, at } => {
            assert!(!finished, "{method} came to its end");
            at.saturating_duration_since(left)
        }
        _ => unreachable!(),
    }
}

/// The handler is dropped within 50 ms; on a machine that is busy with other tests, in the
/// best of three attempts.
fn soon(what: &str, mut attempt: impl FnMut() -> Duration) {
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let after = attempt();
        if after < Duration::from_millis(50) {
            return;
        }
        seen.push(after);
    }
    panic!("{what}: the handler was dropped after {seen:?}");
}

fn in_every_style(order: &str) {
    let (served, events) = serve_probe();
    let client: ChatServiceClient = served.client();
    soon("unary", || {
        let mut unary = Box::pin(client.say_hello(message("", order)));
        let _ = run(async { futures::poll!(&mut unary) });
        leave(&events, || drop(unary))
    });
    soon("server streaming", || {
        let request = message("", format!("1 then {order}"));
        let mut broadcast = client.broadcast_messages(request).unwrap();
        run(broadcast.message()).unwrap();
        leave(&events, || drop(broadcast))
    });
    soon("client streaming", || {
        let (mut sender, reply) = client.upload_stream(()).unwrap();
        run(sender.send(message("", order))).unwrap();
        leave(&events, || drop((sender, reply)))
    });
    soon("bidi", || {
        let (mut sender, echoes) = client.chat_stream(()).unwrap();
        run(sender.send(message("", order))).unwrap();
        leave(&events, || drop((sender, echoes)))
    });
    // The connection is as good as before.
    run(client.say_hello(message("", "fine"))).unwrap();
}

#[test]
fn a_sleeping_handler() {
    in_every_style("sleep");
}

#[test]
fn a_handler_that_waits_for_what_never_comes() {
    in_every_style("wait for ever");
}

#[test]
fn a_handler_that_waits_for_the_next_request() {
    let (served, events) = serve_probe();
    let client = served.client();
    for _ in 0..20 {
        let (sender, reply) = client.upload_stream(()).unwrap();
        leave(&events, || drop((sender, reply)));
        let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
        run(async {
            sender.send(message("", "first")).await.unwrap();
            echoes.message().await.unwrap();
        });
        leave(&events, || drop((sender, echoes)));
    }
}

#[test]
fn blocking_work_leaves_the_queue_to_others() {
    let served = serve(Hello(async |request: Request<Message>| {
        let message = request.into_inner();
        if message.content == "block" {
            let (_keep, never) = std::sync::mpsc::channel::<()>();
            let waited = Duration::from_millis(500);
            blocking(move || never.recv_timeout(waited)).await.unwrap_err();
        }
        Ok(message.into())
    }));
    let client = served.client();
    run(async {
        let blocked = client.say_hello(message("", "block"));
        let quick = async {
            for _ in 0..10 {
                client.say_hello(message("", "quick")).await.unwrap();
            }
        };
        let race = futures::future::select(Box::pin(blocked), Box::pin(quick)).await;
        match race {
            futures::future::Either::Right((_, blocked)) => drop(blocked.await.unwrap()),
            futures::future::Either::Left(_) => panic!("a blocking handler held up the others"),
        }
    });
}

/// grpcio's sink panics if it is used once more after it has found that the caller is gone.
#[test]
fn a_caller_that_leaves_a_busy_stream_is_no_fault_of_the_handlers() {
    let (server, target) = start_server(&["--listen", "127.0.0.1:0"]);
    let client = ChatServiceClient::new(Channel::to(target));
    let leave_after = async |count| {
        let (sender, mut echoes) = client.chat_stream(()).unwrap();
        let messages = (0..2000).map(|number| Ok(message("Ada", number.to_string())));
        let send = stream::iter(messages).forward(sender);
        let read = async {
            for _ in 0..count {
                echoes.message().await.unwrap();
            }
            drop(echoes);
        };
        // What is not sent by then is not sent any more.
        let _ = join(send, read).await;
    };
    run(join_all((0..200).map(leave_after)));
    server.signal("TERM");
    let log = server.end().stderr;
    assert!(!log.contains("panicked"), "{log}");
}
