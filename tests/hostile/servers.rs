//! Servers that break the rules, and what a client makes of them.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use chat::{ChatServiceClient, message};
use futures::TryStreamExt;
use quartet::channel::{Channel, Methods, Retry, ServiceConfig};
use quartet::rpc::{Code, Status};

use super::encoded;
use crate::support::http2::{
    Connection, DATA, END_HEADERS, END_STREAM, HEADERS, Header, block, frame, prefixed,
};
use crate::support::{core_is_ours, run};

/// The headers of a good response.
const GOOD: &[Header<'static>] = &[(":status", b"200"), ("content-type", b"application/grpc")];

/// A response, frame by frame, on the stream that is asked.
type Response = Vec<(u8, u8, Vec<u8>)>;

fn headers(headers: &[Header<'_>], flags: u8) -> (u8, u8, Vec<u8>) {
    (HEADERS, END_HEADERS | flags, block(headers))
}

fn data(bytes: &[u8], flags: u8) -> (u8, u8, Vec<u8>) {
    (DATA, flags, bytes.to_vec())
}

fn trailers(status: &[u8]) -> (u8, u8, Vec<u8>) {
    headers(&[("grpc-status", status)], END_STREAM)
}

/// A server that gives every request of one connection the next of these responses, the last one
/// for ever.
fn answering(responses: Vec<Response>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        let mut connection = Connection::accept(&listener);
        let mut asked = 0;
        while let Some(asks) = connection.next() {
            if asks.kind != HEADERS {
                continue;
            }
            let response = &responses[asked.min(responses.len() - 1)];
            asked += 1;
            let frames = response
                .iter()
                .map(|(kind, flags, payload)| frame(*kind, *flags, asks.stream, payload));
            connection.raw(&frames.collect::<Vec<_>>().concat());
        }
    });
    address
}

/// What the four styles end with, at a server that gives this response: the messages that came
/// first, and the status.
fn all_styles(response: &Response) -> Vec<(&'static str, usize, Status)> {
    let client = ChatServiceClient::new(Channel::to(answering(vec![response.clone()])));
    let failed = "a response that breaks the rules is no success";
    run(async {
        let unary = client.say_hello(message("", "")).await.expect_err(failed);
        let (mut sender, reply) = client.upload_stream(()).expect("a call");
        let _ = sender.send(message("", "")).await;
        sender.close().await;
        let upload = reply.await.expect_err(failed);
        let mut ends = vec![("unary", 0, unary), ("client streaming", 0, upload)];
        let broadcast = client.broadcast_messages(message("", "")).expect("a call");
        let (mut sender, chat) = client.chat_stream(()).expect("a call");
        sender.close().await;
        for (style, mut replies) in [("server streaming", broadcast), ("bidi", chat)] {
            let mut count = 0;
            let status = loop {
                match replies.try_next().await {
                    Ok(Some(_)) => count += 1,
                    Ok(None) => panic!("{style}: {failed}"),
                    Err(status) => break status,
                }
            };
            ends.push((style, count, status));
        }
        ends
    })
}

#[test]
fn what_is_wrong_with_a_response_is_an_error_in_every_style() {
    if !core_is_ours() {
        return;
    }
    let whole = prefixed(&encoded("x"));
    let flagged = |flag| [&[flag][..], &whole[1..]].concat();
    let zstd = [GOOD, &[("grpc-encoding", b"zstd")]].concat();
    let page = |status| headers(&[(":status", status), ("content-type", b"text/html")], 0);
    let html = data(b"<html>No such page here, or there, or anywhere</html>", END_STREAM);
    let cases: &[(&str, Response, Code, &str)] = &[
        (
            "half a message",
            vec![headers(GOOD, 0), data(&whole[..7], 0), trailers(b"0")],
            Code::Internal,
            "is cut off",
        ),
        (
            "half a prefix",
            vec![headers(GOOD, 0), data(&whole[..3], 0), trailers(b"0")],
            Code::Internal,
            "is cut off",
        ),
        (
            "half a message and an error",
            vec![headers(GOOD, 0), data(&whole[..7], 0), trailers(b"10")],
            Code::Aborted,
            "",
        ),
        (
            "an unknown flag",
            vec![headers(GOOD, 0), data(&flagged(7), 0), trailers(b"0")],
            Code::Internal,
            "flag",
        ),
        (
            "compressed, without an encoding",
            vec![headers(GOOD, 0), data(&flagged(1), 0), trailers(b"0")],
            Code::Internal,
            "no grpc-encoding",
        ),
        (
            "an unknown encoding",
            vec![headers(&zstd, 0), data(&flagged(1), 0), trailers(b"0")],
            Code::Internal,
            "grpc-encoding",
        ),
        ("a page that is not there", vec![page(b"404"), html.clone()], Code::Unimplemented, "404"),
        ("a gateway's page", vec![page(b"503"), html.clone()], Code::Unavailable, "503"),
        ("a login page", vec![page(b"401"), html.clone()], Code::Unauthenticated, "401"),
        ("any page", vec![page(b"200"), html.clone()], Code::Unknown, ""),
        (
            "another content-type",
            vec![page(b"200"), data(&whole, 0), trailers(b"0")],
            Code::Unknown,
            "content-type",
        ),
        ("no status", vec![headers(GOOD, 0), data(&whole, END_STREAM)], Code::Unknown, ""),
    ];
    for (name, response, code, words) in cases {
        for (style, count, status) in all_styles(response) {
            assert_eq!(status.code(), *code, "{name}, {style}: {status}");
            assert!(status.message().contains(words), "{name}, {style}: {status}");
            let delivered =
                usize::from(*name == "no status" && !matches!(style, "unary" | "client streaming"));
            assert_eq!(count, delivered, "{name}, {style}: messages before {status}");
        }
    }
}

/// After a page, the same connection's next response is read as what it is.
#[test]
fn a_call_that_met_a_page_is_retried() {
    if !core_is_ours() {
        return;
    }
    let page = vec![
        headers(&[(":status", b"503"), ("content-type", b"text/html")], 0),
        data(b"<html>", END_STREAM),
    ];
    let good = vec![headers(GOOD, 0), data(&prefixed(&encoded("at last")), 0), trailers(b"0")];
    let retry = Retry::new(5).pauses(Duration::from_millis(1), Duration::from_millis(5), 1.0);
    let target = answering(vec![page.clone(), page, good]);
    let config = ServiceConfig::new().methods(Methods::all().retry(retry));
    let channel = Channel::builder(target).service_config(config).build();
    let reply = run(ChatServiceClient::new(channel).say_hello(message("", ""))).expect("a reply");
    assert_eq!(reply.get_ref().content, "at last");
}

#[test]
fn an_empty_frame_within_a_reply_is_nothing() {
    let whole = prefixed(&encoded("hello"));
    for cut in 0..=whole.len() {
        let response = vec![
            headers(GOOD, 0),
            data(&whole[..cut], 0),
            data(b"", 0),
            data(&whole[cut..], 0),
            data(b"", 0),
            trailers(b"0"),
        ];
        let client = ChatServiceClient::new(Channel::to(answering(vec![response])));
        run(async {
            let unary = client.say_hello(message("", "")).await.expect("a reply").into_inner();
            let broadcast = client.broadcast_messages(message("", "")).expect("a call");
            let streamed: Vec<_> = broadcast.try_collect().await.expect("replies");
            assert_eq!((&*unary.content, streamed.len()), ("hello", 1), "cut at {cut}");
            assert_eq!(streamed[0].content, "hello", "cut at {cut}");
        });
    }
}
