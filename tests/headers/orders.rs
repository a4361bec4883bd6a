//! `headers()`, `message()` and `trailers()` of a stream in every order, before, in and after its
//! end: always the right answer, never a panic.

use chat::{ChatServiceClient, Message, message};
use futures::FutureExt;
use quartet::channel::Channel;
use quartet::rpc::{Code, Status, Streaming};

use super::raw;
use crate::support::http2::{
    CANCEL, DATA, END_HEADERS, END_STREAM, HEADERS, RST_STREAM, block, frame, prefixed,
};
use crate::support::run;

/// One thing to do with a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Headers,
    Message,
    Trailers,
    /// Begins to wait, and gives up unless it is there at once.
    LookForHeaders,
    LookForMessage,
}

const STEPS: [Step; 5] =
    [Step::Headers, Step::Message, Step::Trailers, Step::LookForHeaders, Step::LookForMessage];

/// A server, and what its streams are.
struct Scenario {
    name: &'static str,
    target: String,
    headers: Option<&'static str>,
    messages: usize,
    end: Result<Option<&'static str>, Code>,
}

fn scenarios() -> [Scenario; 6] {
    let message = || prefixed(b"\x12\x01x");
    let trailers = |stream, code: &[u8]| {
        let block = block(&[("grpc-status", code), ("x-trailer", b"after")]);
        frame(HEADERS, END_HEADERS | END_STREAM, stream, &block)
    };
    // Says this at once.
    fn says(what: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static) -> String {
        raw::serve(move |connection, asked| {
            if asked.kind == HEADERS {
                connection.raw(&what(asked.stream));
            }
        })
    }
    let headers = |stream| raw::headers(stream, &[("x-text", b"first")], 0);
    let three = move |stream| frame(DATA, 0, stream, &message()).repeat(3);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let scenario =
        |name, target, headers, messages, end| Scenario { name, target, headers, messages, end };
    [
        scenario("nobody listens", nobody.to_string(), None, 0, Err(Code::Unavailable)),
        scenario(
            "it ends well",
            says(move |n| [headers(n), three(n), trailers(n, b"0")].concat()),
            Some("first"),
            3,
            Ok(Some("after")),
        ),
        scenario(
            "it ends with an error",
            says(move |n| [headers(n), three(n), trailers(n, b"10")].concat()),
            Some("first"),
            3,
            Err(Code::Aborted),
        ),
        scenario(
            "it breaks off",
            says(move |n| [headers(n), three(n), frame(RST_STREAM, 0, n, &CANCEL)].concat()),
            Some("first"),
            3,
            Err(Code::Cancelled),
        ),
        scenario(
            "it breaks off at once",
            says(|n| frame(RST_STREAM, 0, n, &CANCEL)),
            None,
            0,
            Err(Code::Cancelled),
        ),
        scenario(
            "it is refused at once",
            says(|n| raw::headers(n, &[("grpc-status", b"10"), ("x-text", b"first")], END_STREAM)),
            None,
            0,
            Err(Code::Aborted),
        ),
    ]
}

/// A stream as it should be.
struct Model<'a> {
    scenario: &'a Scenario,
    left: usize,
    ended: bool,
    told: bool,
}

impl Model<'_> {
    fn message(&mut self, seen: Result<Option<Message>, Status>) -> Result<(), String> {
        let expected = match (self.left, self.told) {
            (1.., _) => Ok(true),
            (0, false) => self.scenario.end.map(|_| false),
            (0, true) => Ok(false),
        };
        if self.left > 0 {
            self.left -= 1;
        } else {
            self.told = true;
            self.ended = self.scenario.end.is_ok();
        }
        let told = seen.as_ref().map(Option::is_some).map_err(Status::code);
        if told != expected {
            return Err(format!("expected {expected:?} of a message, saw {seen:?}"));
        }
        match &seen {
            Err(status) => self.headers(status.headers().get("x-text")),
            Ok(_) => Ok(()),
        }
    }

    fn headers(&self, seen: Option<&str>) -> Result<(), String> {
        let expected = self.scenario.headers;
        if seen == expected {
            return Ok(());
        }
        Err(format!("expected the headers {expected:?}, saw {seen:?}"))
    }

    fn trailers(&self, seen: Option<&str>) -> Result<(), String> {
        let expected = self.scenario.end.ok().flatten().filter(|_| self.ended);
        if seen == expected {
            return Ok(());
        }
        Err(format!("expected the trailers {expected:?}, saw {seen:?}"))
    }
}

async fn follow(
    scenario: &Scenario,
    mut stream: Streaming<Message>,
    steps: &[Step],
) -> Result<(), String> {
    let mut model = Model { scenario, left: scenario.messages, ended: false, told: false };
    for step in steps {
        match step {
            Step::Headers => model.headers(stream.headers().await.get("x-text"))?,
            Step::Message => model.message(stream.message().await)?,
            Step::Trailers => model.trailers(stream.trailers().get("x-trailer"))?,
            Step::LookForHeaders => {
                if let Some(headers) = stream.headers().now_or_never() {
                    model.headers(headers.get("x-text"))?;
                }
            }
            Step::LookForMessage => {
                if let Some(seen) = stream.message().now_or_never() {
                    model.message(seen)?;
                }
            }
        }
    }
    Ok(())
}

/// Every row of steps of this length.
fn rows(length: usize) -> Vec<Vec<Step>> {
    let mut rows = vec![Vec::new()];
    for _ in 0..length {
        let longer = |row: &Vec<Step>| STEPS.map(|step| [&row[..], &[step]].concat());
        rows = rows.iter().flat_map(longer).collect();
    }
    rows
}

#[test]
fn in_every_order() {
    // What ends early, to its end and beyond; what has messages, after three of them too.
    let beginnings = [vec![], vec![Step::Message; 3]];
    for scenario in scenarios() {
        let client = ChatServiceClient::new(Channel::to(&scenario.target));
        for beginning in &beginnings {
            for row in rows(4) {
                let steps = [&beginning[..], &row].concat();
                run(async {
                    let broadcast = client.broadcast_messages(message("", "")).unwrap();
                    let (_sender, echoes) = client.chat_stream(()).unwrap();
                    for stream in [broadcast, echoes] {
                        let right = follow(&scenario, stream, &steps).await;
                        assert_eq!(right, Ok(()), "{}: {steps:?}", scenario.name);
                    }
                });
            }
        }
    }
}
