//! What a peer says never acts on the terminal of who reads it.

use std::process::Output;

use chat::proto::FILE_DESCRIPTOR_SET;
use chat::{ChatService, ChatServiceClient, Message, message};
use futures::{Stream, stream};
use quartet::channel::Channel;
use quartet::rpc::{Request, Response, Service, Status, Streaming};
use quartet::services::{Health, Reflection};

use crate::support::process::{chat_client, start_server};
use crate::support::{Served, run, serve_with};

/// Renames the window, reddens the text, clears the screen by C1, turns it around, breaks the
/// line in four ways.
const EVIL: &str = "evil\x1b]0;owned\x07\x1b[31m\u{9b}2J\u{7f}\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}\u{2029}\rfake\nfake";

/// Says it in every message, and as the reason of every error.
struct Evil;

impl ChatService for Evil {
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        match &*request.get_ref().content {
            "fail" => Err(Status::not_found(EVIL)),
            _ => Ok(message(EVIL, EVIL).into()),
        }
    }

    async fn broadcast_messages(
        &self,
        _: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let messages = [Ok(message(EVIL, EVIL)), Err(Status::internal(EVIL))];
        Ok(Response::new(stream::iter(messages)))
    }

    async fn upload_stream(
        &self,
        _: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        Ok(message(EVIL, EVIL).into())
    }

    async fn chat_stream(
        &self,
        _: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        Ok(Response::new(stream::iter([Ok(message(EVIL, EVIL))])))
    }
}

fn serve() -> Served {
    serve_with(Evil, |builder| {
        let reflection = Reflection::new([FILE_DESCRIPTOR_SET]).unwrap();
        let named = Service::builder(EVIL, &std::sync::Arc::new(())).build();
        builder.service(named).health(Health::new()).reflection(reflection)
    })
}

fn acts(c: char) -> bool {
    (c != '\n' && c.is_control())
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What is printed on both sides, none of which acts.
#[track_caller]
fn harmless(what: &str, output: &Output) -> (String, String) {
    let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    for text in &texts {
        assert!(!text.contains(acts), "{what} prints {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("fake")), "{what} fakes a line: {text}");
    }
    let [stdout, stderr] = texts.map(|text| text.into_owned());
    (stdout, stderr)
}

#[test]
fn nothing_that_a_server_says_acts_on_the_clients_terminal() {
    let served = serve();
    for (command, code) in [
        (&["hello"][..], 0),
        (&["hello", "fail"], 64 + 5),
        (&["broadcast"], 64 + 13),
        (&["upload"], 0),
        (&["chat"], 0),
        (&["demo"], 64 + 13),
        (&["list"], 0),
        (&["list", "no.Such"], 2),
        (&["describe"], 2),
        (&["describe", "chat.Message"], 0),
        (&["health"], 0),
        (&["call", "chat.ChatService/SayHello"], 0),
        (&["call", "chat.ChatService/SayHello", r#"{"content": "fail"}"#], 64 + 5),
        (&["call", "chat.ChatService/BroadcastMessages"], 64 + 13),
        (&["call", "chat.ChatService/No"], 2),
    ] {
        for format in ["text", "json"] {
            let what = format!("{command:?} as {format}");
            let mut client = chat_client();
            client.args(["-s", &served.target, "-o", format, "-vv"]).args(command);
            let output = client.stdin(std::process::Stdio::null()).output().unwrap();
            assert_eq!(output.status.code(), Some(code), "{what}: {output:?}");
            harmless(&what, &output);
        }
    }
}

#[test]
fn what_is_escaped_stays_readable_and_json_keeps_it() {
    let served = serve();
    let hello = |format: &str| {
        let args = ["-s", &served.target, "-o", format, "hello"];
        harmless(format, &chat_client().args(args).output().unwrap()).0
    };
    let text = hello("text");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(r"evil\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}2J\u{7f}\u{202e}"), "{text}");
    let json = hello("json");
    let event: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(event["content"], EVIL);
    let args = ["-s", &served.target, "call", "chat.ChatService/SayHello"];
    let (json, _) = harmless("call", &chat_client().args(args).output().unwrap());
    let reply: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(reply["content"], EVIL);
}

#[test]
fn nothing_that_a_client_says_acts_on_the_servers_log() {
    for format in ["text", "json"] {
        let args = ["--listen", "127.0.0.1:0", "--log-calls", "-v", "--log-format", format];
        let (server, target) = start_server(&args);
        let client = ChatServiceClient::new(Channel::to(target));
        run(client.say_hello(message(EVIL, EVIL))).unwrap();
        server.signal("TERM");
        let log = server.end().stderr;
        assert!(log.contains("Received Unary message"), "{log}");
        assert!(!log.contains(acts), "{format}: {log:?}");
        assert!(!log.lines().any(|line| line.starts_with("fake")), "{format} fakes a line: {log}");
    }
}
