//! Deadlines end a call on both sides, can be read, and are handed on.

use std::time::{Duration, Instant};

use futures::StreamExt;
use quartet::chat::{ChatService, ChatServiceClient, Message, message};
use quartet::rpc::{Code, Request, Response, Status, Stream, Streaming};

use crate::support::probe::{Event, probe};
use crate::support::{client, run, serve};

const SHORT: Duration = Duration::from_millis(100);

fn short<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(SHORT);
    request
}

#[test]
fn time_that_is_up_is_deadline_exceeded_in_every_style() {
    let served = serve(probe().0);
    let client = served.client();
    run(async {
        let before = Instant::now();
        let unary = client.say_hello(short(message("", "sleep"))).await.unwrap_err();
        let mut broadcast = client.broadcast_messages(short(message("", "2 then sleep"))).unwrap();
        assert!(broadcast.message().await.unwrap().is_some());
        assert!(broadcast.message().await.unwrap().is_some());
        let server_streaming = broadcast.message().await.unwrap_err();
        let (_sender, reply) = client.upload_stream(short(())).unwrap();
        let client_streaming = reply.await.unwrap_err();
        let (_sender, mut echoes) = client.chat_stream(short(())).unwrap();
        let bidi = echoes.message().await.unwrap_err();
        for status in [unary, server_streaming, client_streaming, bidi] {
            assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
        }
        let took = before.elapsed();
        assert!(
            (SHORT * 39 / 10..8 * SHORT).contains(&took),
            "four calls of {SHORT:?} took {took:?}"
        );
    });
}

#[test]
fn the_handler_is_dropped_when_time_is_up() {
    let (probe, events) = probe();
    let served = serve(probe);
    let client = served.client();
    let before = Instant::now();
    let _ = run(client.say_hello(short(message("", "wait for ever"))));
    let over = events.iter().find(|event| matches!(event, Event::Over { .. }));
    match over {
        Some(Event::Over { finished: false, at, .. }) => {
            let after = at.duration_since(before);
            assert!(after < SHORT + Duration::from_millis(60), "dropped after {after:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// Answers with the milliseconds that its caller leaves it, or asks another server for them.
struct TimeLeft(Option<ChatServiceClient>);

impl ChatService for TimeLeft {
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        if let Some(next) = &self.0 {
            return next.say_hello(request.into_inner()).await;
        }
        let left = request.time_left().map(|left| left.as_millis().to_string());
        Ok(message("", left.unwrap_or_else(|| "no deadline".into())).into())
    }

    async fn broadcast_messages(
        &self,
        _: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        Ok(Response::new(futures::stream::pending()))
    }

    async fn upload_stream(
        &self,
        _: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        Ok(Response::new(request.into_inner().map(|message| message)))
    }
}

fn left(client: &ChatServiceClient, request: impl Into<Request<Message>>) -> String {
    run(client.say_hello(request)).unwrap().into_inner().content
}

#[test]
fn a_handler_reads_the_time_left_and_a_call_it_makes_inherits_it() {
    let last = serve(TimeLeft(None));
    let middle = serve(TimeLeft(Some(client(&last.target))));
    for served in [&last, &middle] {
        let client = served.client();
        assert_eq!(left(&client, message("", "")), "no deadline");
        let mut request = Request::new(message("", ""));
        request.set_timeout(Duration::from_secs(5));
        let left: u64 = left(&client, request).parse().unwrap();
        assert!((4_000..=5_000).contains(&left), "{left} ms of 5000 are left");
    }
}
