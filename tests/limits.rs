//! How many calls run at once, and are begun in a second.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use chat::{Chat, ChatServiceClient, message};
use futures::join;
use futures_timer::Delay;
use quartet::channel::Channel;
use quartet::interceptors::{BearerAuth, ConcurrencyLimit, RateLimit};
use quartet::rpc::{Code, Request, Status};

use crate::support::probe::probe;
use crate::support::styles::each_style;
use crate::support::{Served, run, serve_with};

async fn hello(client: &ChatServiceClient) -> Result<(), Status> {
    client.say_hello(message("", "")).await.map(drop)
}

/// Asks until a call is let in, as a server learns of a cancellation in its own time.
#[track_caller]
fn wait_for_room(client: &ChatServiceClient) {
    let limit = Instant::now() + Duration::from_secs(10);
    while let Err(status) = run(hello(client)) {
        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
        assert!(Instant::now() < limit, "the call that has ended still counts");
    }
}

fn limited_to_one() -> Served {
    let (probe, _events) = probe();
    serve_with(probe, |builder| builder.interceptor(ConcurrencyLimit::new(1)))
}

#[test]
fn one_call_too_many_is_refused_in_every_style_until_there_is_room() {
    let served = limited_to_one();
    let client = served.client();
    let mut running = client.broadcast_messages(message("", "1 then wait for ever")).unwrap();
    run(running.message()).unwrap();
    for result in run(each_style(&client, &[])) {
        let status = result.unwrap_err();
        let seen = (status.code(), status.message());
        assert_eq!(seen, (Code::ResourceExhausted, "1 calls are running, the limit"));
    }
    drop(running);
    wait_for_room(&client);
    for result in run(each_style(&client, &[])) {
        result.unwrap();
    }
}

#[test]
fn a_call_makes_room_however_it_ends() {
    let served = limited_to_one();
    let client = served.client();
    for (order, code) in [
        ("panic at once", Code::Internal),
        ("panic later", Code::Internal),
        ("fail", Code::Aborted),
    ] {
        for _ in 0..3 {
            let status = run(client.say_hello(message("", order))).unwrap_err();
            assert_eq!(status.code(), code, "{order}: {status}");
            let end = format!("2 then {order}");
            let mut replies = client.broadcast_messages(message("", end)).unwrap();
            let status = loop {
                match run(replies.message()) {
                    Ok(reply) => assert!(reply.is_some(), "{order}: no error"),
                    Err(status) => break status,
                }
            };
            assert_eq!(status.code(), code, "{order}: {status}");
        }
    }
    wait_for_room(&client);
}

#[test]
fn a_client_bounds_its_own_calls() {
    let served = serve_with(Chat::default().pace(Duration::ZERO), |builder| builder);
    let channel = Channel::builder(&served.target).interceptor(ConcurrencyLimit::new(1)).build();
    let client = ChatServiceClient::new(channel);
    let running = client.chat_stream(()).unwrap();
    assert_eq!(run(hello(&client)).unwrap_err().code(), Code::ResourceExhausted);
    drop(running);
    run(hello(&client)).unwrap();
}

#[track_caller]
fn pushback(status: &Status) -> Duration {
    assert_eq!(
        (status.code(), status.message()),
        (Code::ResourceExhausted, "too many calls per second")
    );
    let millis = status.metadata().get("grpc-retry-pushback-ms");
    let millis = millis.unwrap_or_else(|| panic!("no pushback: {status:?}"));
    Duration::from_millis(millis.parse().expect("a number"))
}

#[test]
fn who_calls_too_often_is_told_when_to_come_back() {
    let limit = RateLimit::per_server(NonZeroU32::new(4).unwrap());
    let served =
        serve_with(Chat::default().pace(Duration::ZERO), |builder| builder.interceptor(limit));
    let client = served.client();
    for result in run(each_style(&client, &[])) {
        result.unwrap();
    }
    let mut refused = Vec::new();
    for _ in 0..3 {
        refused.extend(run(each_style(&client, &[])).into_iter().filter_map(Result::err));
    }
    assert!(refused.len() >= 4, "only {} calls of 12 were refused", refused.len());
    for status in &refused {
        let wait = pushback(status);
        assert!(!wait.is_zero() && wait <= Duration::from_millis(250), "{wait:?}");
    }
    // Time has passed since the last one was reported, so it is enough by now.
    run(Delay::new(pushback(&refused[refused.len() - 1])));
    run(hello(&client)).unwrap();
}

#[test]
fn each_caller_has_an_allowance_of_its_own() {
    let served = serve_with(Chat::default().pace(Duration::ZERO), |builder| {
        let tokens = BearerAuth::tokens([("ada", "sesame"), ("bob", "open"), ("ada", "new")]);
        builder.interceptor(tokens).interceptor(RateLimit::per_caller(NonZeroU32::MIN))
    });
    let client = served.client();
    let with = async |token: &str| {
        let mut request = Request::new(message("", ""));
        request.metadata_mut().add("authorization", format!("Bearer {token}")).unwrap();
        client.say_hello(request).await.map(drop)
    };
    let (ada, bob, ada_too) = run(async { join!(with("sesame"), with("open"), with("new")) });
    bob.unwrap();
    one_of_two(ada, ada_too);
}

#[test]
fn without_names_callers_are_told_apart_by_address() {
    let limit = RateLimit::per_caller(NonZeroU32::MIN);
    let served =
        serve_with(Chat::default().pace(Duration::ZERO), |builder| builder.interceptor(limit));
    // Two connections from the same address, and so from two ports.
    let (one, other) = (served.client(), served.client());
    let (one, other) = run(async { join!(hello(&one), hello(&other)) });
    one_of_two(one, other);
}

/// Of two calls at the same time one is refused.
#[track_caller]
fn one_of_two(one: Result<(), Status>, other: Result<(), Status>) {
    match (one, other) {
        (Ok(()), Err(refused)) | (Err(refused), Ok(())) => drop(pushback(&refused)),
        both => panic!("expected one to be refused, saw {both:?}"),
    }
}
