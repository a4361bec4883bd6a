//! A handler is dropped soon after its caller has gone, whatever it is doing.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use quartet::chat::{ChatServiceClient, message};

use crate::support::probe::{Event, probe};
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

/// Waits until the handler runs, lets the caller leave, and checks how soon it was dropped.
fn leave(events: &Receiver<Event>, leave: impl FnOnce()) {
    wait(events, |event| matches!(event, Event::Started(_)));
    let left = Instant::now();
    leave();
    match wait(events, |event| matches!(event, Event::Over { .. })) {
        Event::Over { method, finished, at } => {
            let after = at.saturating_duration_since(left);
            assert!(!finished, "{method} came to its end");
            assert!(after < Duration::from_millis(50), "{method} was dropped after {after:?}");
        }
        _ => unreachable!(),
    }
}

fn in_every_style(order: &str) {
    let (served, events) = serve_probe();
    let client: ChatServiceClient = served.client();

    let mut unary = Box::pin(client.say_hello(message("", order)));
    let _ = run(async { futures::poll!(&mut unary) });
    leave(&events, || drop(unary));

    let mut broadcast = client.broadcast_messages(message("", format!("1 then {order}"))).unwrap();
    run(broadcast.message()).unwrap();
    leave(&events, || drop(broadcast));

    let (mut sender, reply) = client.upload_stream(()).unwrap();
    run(sender.send(message("", order))).unwrap();
    leave(&events, || drop((sender, reply)));

    let (mut sender, echoes) = client.chat_stream(()).unwrap();
    run(sender.send(message("", order))).unwrap();
    leave(&events, || drop((sender, echoes)));

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
    use quartet::chat::{ChatService, Message};
    use quartet::rpc::{Request, Response, Status, Stream, Streaming, blocking};

    struct Blocks;
    impl ChatService for Blocks {
        async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
            let message = request.into_inner();
            if message.content == "block" {
                let (_keep, never) = std::sync::mpsc::channel::<()>();
                let waited = Duration::from_millis(500);
                blocking(move || never.recv_timeout(waited)).await.unwrap_err();
            }
            Ok(message.into())
        }
        async fn broadcast_messages(
            &self,
            _: Request<Message>,
        ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
            Ok(Response::new(futures::stream::empty()))
        }
        async fn upload_stream(
            &self,
            _: Request<Streaming<Message>>,
        ) -> Result<Response<Message>, Status> {
            Ok(Message::default().into())
        }
        async fn chat_stream(
            &self,
            request: Request<Streaming<Message>>,
        ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
            Ok(Response::new(request.into_inner()))
        }
    }

    let served = serve(Blocks);
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
