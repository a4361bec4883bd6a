//! What has arrived is delivered, however the stream ends and in whatever order it is asked for.
//! A server without a status of its own is a broken one, or a proxy that lost it.

use chat::{ChatServiceClient, Message, message};
use quartet::channel::Channel;
use quartet::rpc::{Code, Status, Streaming};

use super::raw;
use crate::support::http2::{
    CANCEL, DATA, END_HEADERS, END_STREAM, HEADERS, RST_STREAM, block, frame, prefixed,
};
use crate::support::run;

/// How the server ends what it has to say.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    /// With a status in trailers.
    Trailers,
    /// With the last of its DATA.
    Data,
    /// With RST_STREAM.
    Reset,
}

/// How the client goes about it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    MessagesFirst,
    HeadersFirst,
    /// Asks for nothing before it has sent all of its messages.
    HalfDuplex,
}

const HEADER: (&str, &[u8]) = ("x-text", b"first");
const ROUNDS: usize = 1000;

/// A whole response in one write.
fn response(stream: u32, messages: usize, ending: Ending) -> Vec<u8> {
    // A `chat.Message` whose `content` is `x`.
    let message = prefixed(b"\x12\x01x");
    let mut bytes = raw::headers(stream, &[HEADER], 0);
    for number in 1..=messages {
        let last = number == messages && ending == Ending::Data;
        bytes.extend(frame(DATA, if last { END_STREAM } else { 0 }, stream, &message));
    }
    let aborted = || block(&[("grpc-status", b"10"), ("x-trailer", b"after")]);
    match ending {
        Ending::Trailers => {
            bytes.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, &aborted()));
        }
        Ending::Data => {}
        Ending::Reset => bytes.extend(frame(RST_STREAM, 0, stream, &CANCEL)),
    }
    bytes
}

/// When the server says it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    AtOnce,
    /// When the client has half-closed.
    AtItsEnd,
}

fn server(messages: usize, ending: Ending, when: When) -> String {
    raw::serve(move |connection, asked| {
        let ended = matches!(asked.kind, HEADERS | DATA) && asked.flags & END_STREAM != 0;
        let now = match when {
            When::AtOnce => asked.kind == HEADERS,
            When::AtItsEnd => ended,
        };
        if now {
            connection.raw(&response(asked.stream, messages, ending));
        }
    })
}

/// What came: whether the headers did, how many messages, and how it ended.
async fn receive(mut replies: Streaming<Message>, order: Order) -> (bool, usize, Option<Status>) {
    if order == Order::HeadersFirst {
        replies.headers().await;
    }
    let mut messages = 0;
    let end = loop {
        match replies.message().await {
            Ok(Some(_)) => messages += 1,
            Ok(None) => break None,
            Err(status) => break Some(status),
        }
    };
    let headers = replies.headers().await.get("x-text") == Some("first");
    (headers, messages, end)
}

async fn broadcast(client: &ChatServiceClient, order: Order) -> (bool, usize, Option<Status>) {
    receive(client.broadcast_messages(message("", "")).unwrap(), order).await
}

async fn chat(
    client: &ChatServiceClient,
    order: Order,
    when: When,
) -> (bool, usize, Option<Status>) {
    let (mut sender, echoes) = client.chat_stream(()).unwrap();
    if order == Order::HalfDuplex {
        for _ in 0..3 {
            // It may have ended by now.
            let _ = sender.send(message("", "")).await;
        }
    }
    if order == Order::HalfDuplex || when == When::AtItsEnd {
        sender.close().await;
    }
    receive(echoes, order).await
}

fn check(seen: (bool, usize, Option<Status>), messages: usize, ending: Ending) -> Option<String> {
    let (headers, came, end) = &seen;
    let code = end.as_ref().map(Status::code);
    let right = match ending {
        Ending::Trailers => code == Some(Code::Aborted),
        Ending::Data => matches!(code, Some(Code::Unknown | Code::Internal)),
        Ending::Reset => code == Some(Code::Cancelled),
    };
    let trailer = end.as_ref().and_then(|status| status.metadata().get("x-trailer"));
    let right = right && trailer.is_some() == (ending == Ending::Trailers);
    (!(*headers && *came == messages && right)).then(|| format!("{seen:?}"))
}

#[derive(Clone, Copy)]
enum Style {
    Broadcast,
    Chat,
}

/// Makes the call again and again, and returns how often something was lost.
fn all_of(style: Style, messages: usize, when: When, ending: Ending, order: Order) {
    let target = server(messages, ending, when);
    let client = ChatServiceClient::new(Channel::to(&target));
    let mut lost = Vec::new();
    for _ in 0..ROUNDS {
        let seen = match style {
            Style::Broadcast => run(broadcast(&client, order)),
            Style::Chat => run(chat(&client, order, when)),
        };
        lost.extend(check(seen, messages, ending));
    }
    assert!(
        lost.is_empty(),
        "{messages} messages, {when:?}, {ending:?}, {order:?}: expected all of them {ROUNDS} times, \
         and missed something {} times, such as {}",
        lost.len(),
        lost[0]
    );
}

const ENDINGS: [Ending; 3] = [Ending::Trailers, Ending::Data, Ending::Reset];

#[test]
fn of_a_broadcast() {
    for ending in ENDINGS {
        for messages in [1, 3] {
            for order in [Order::HeadersFirst, Order::MessagesFirst] {
                all_of(Style::Broadcast, messages, When::AtItsEnd, ending, order);
            }
        }
    }
}

#[test]
fn of_a_chat() {
    for ending in ENDINGS {
        // A stream that the server ends with its DATA is over once the client has ended it as well.
        let when = if ending == Ending::Data { When::AtItsEnd } else { When::AtOnce };
        for messages in [1, 3] {
            for order in [Order::HeadersFirst, Order::MessagesFirst] {
                all_of(Style::Chat, messages, when, ending, order);
            }
        }
    }
}

#[test]
fn of_a_half_duplex_chat() {
    for ending in ENDINGS {
        for messages in [1, 3] {
            all_of(Style::Chat, messages, When::AtItsEnd, ending, Order::HalfDuplex);
        }
        // While the client sends. Where that fails, C-core keeps one message, not more.
        all_of(Style::Chat, 1, When::AtOnce, ending, Order::HalfDuplex);
    }
    all_of(Style::Chat, 3, When::AtOnce, Ending::Trailers, Order::HalfDuplex);
}

/// Headers and status in one flight.
#[test]
fn of_a_stream_that_fails_at_once() {
    for ending in [Ending::Trailers, Ending::Reset] {
        for order in [Order::HeadersFirst, Order::MessagesFirst] {
            all_of(Style::Broadcast, 0, When::AtOnce, ending, order);
            all_of(Style::Chat, 0, When::AtOnce, ending, order);
        }
        all_of(Style::Chat, 0, When::AtOnce, ending, Order::HalfDuplex);
    }
}
