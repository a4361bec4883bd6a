//! Clients that break the rules, byte by byte: no crash, no lost thread, no innocent call
//! harmed, no memory kept. After C-core's own bad clients (test/core/bad_client).

mod corpus;
mod floods;

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use protobuf::Message as _;
use quartet::chat::{Chat, Message, message};
use quartet::rpc::Code;

use crate::support::probe::{Event, probe};
use crate::support::raw::{
    ACK, CONTINUATION, Connection, DATA, END_HEADERS, END_STREAM, HEADERS, PING, RST_STREAM,
    SETTINGS, Seen, call, frame, prefixed,
};
use crate::support::{Served, client, run, serve};

const HELLO: &str = "/chat.ChatService/SayHello";
const UPLOAD: &str = "/chat.ChatService/UploadStream";
const CHAT: &str = "/chat.ChatService/ChatStream";

fn encoded(content: &str) -> Vec<u8> {
    message("raw", content).write_to_bytes().unwrap()
}

/// Starts a unary call and sends its whole request.
fn hello(connection: &mut Connection, stream: u32, content: &str) {
    connection.headers(stream, &call(HELLO, &[]), 0);
    connection.message(stream, &encoded(content), END_STREAM);
}

/// A good call on this connection is answered as it should be.
fn good(connection: &mut Connection, stream: u32) {
    hello(connection, stream, "be fine");
    let [seen] = connection.finish([stream]);
    assert_good(&seen);
}

fn assert_good(seen: &Seen) {
    assert_eq!((seen.header(":status"), seen.grpc_status()), (Some("200"), Some(0)), "{seen:?}");
    // A call that is answered before its request has ended may be reset with NO_ERROR.
    assert!(seen.ends == 1 && seen.resets.iter().all(|code| *code == 0), "{seen:?}");
    let reply = Message::parse_from_bytes(&seen.data[5..]).unwrap();
    assert!(!reply.user.is_empty(), "{reply:?}");
}

#[test]
fn the_raw_client_speaks_to_every_style() {
    let served = serve(Chat::default().pace(Duration::ZERO));
    let mut connection = Connection::open(&served.target);
    good(&mut connection, 1);
    connection.headers(3, &call("/chat.ChatService/BroadcastMessages", &[]), 0);
    connection.message(3, &encoded(""), END_STREAM);
    for (stream, path) in [(5, UPLOAD), (7, CHAT)] {
        connection.headers(stream, &call(path, &[]), 0);
        connection.message(stream, &encoded("one"), 0);
        connection.message(stream, &encoded("two"), END_STREAM);
    }
    for seen in connection.finish([3, 5, 7]) {
        assert_eq!((seen.grpc_status(), seen.ends, seen.resets.len()), (Some(0), 1, 0), "{seen:?}");
    }
}

fn serve_probe() -> (Served, Receiver<Event>) {
    let (probe, events) = probe();
    (serve(probe), events)
}

/// However a call ends, its stream is ended once: C-core by itself sends the end of a call that
/// it gives up several times, and clients on the h2 crate then drop the whole connection.
#[test]
fn the_end_of_a_stream_is_sent_once() {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    for (stream, content, timeout, status) in [
        (1, "be fine", "10S", 0),
        (3, "fail", "10S", 10),
        (5, "panic at once", "10S", 13),
        (7, "panic later", "10S", 13),
        (9, "wait for ever", "50m", 4),
    ] {
        connection.headers(stream, &call(HELLO, &[("grpc-timeout", timeout.as_bytes())]), 0);
        connection.message(stream, &encoded(content), END_STREAM);
        let [seen] = connection.finish([stream]);
        assert_eq!(seen.grpc_status(), Some(status), "{content}: {seen:?}");
        assert_eq!(seen.ends, 1, "{content}: {seen:?}");
        assert!(seen.resets.len() <= 1 && !seen.closed, "{content}: {seen:?}");
    }
}

#[test]
fn a_hundred_expired_deadlines_harm_no_bystander() {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    for round in 0..100 {
        let first = 1 + round * 20;
        let chats = [first, first + 2, first + 4, first + 6, first + 8];
        for stream in chats {
            connection.headers(stream, &call(CHAT, &[]), 0);
            connection.message(stream, &encoded("before"), 0);
        }
        let late = first + 10;
        connection.headers(late, &call(HELLO, &[("grpc-timeout", b"5m")]), 0);
        connection.message(late, &encoded("wait for ever"), END_STREAM);
        let [seen] = connection.finish([late]);
        assert_eq!((seen.grpc_status(), seen.ends), (Some(4), 1), "round {round}: {seen:?}");
        assert!(seen.resets.len() <= 1, "round {round}: {seen:?}");
        for stream in chats {
            connection.message(stream, &encoded("after"), END_STREAM);
        }
        for seen in connection.finish(chats) {
            assert_eq!((seen.grpc_status(), seen.ends), (Some(0), 1), "round {round}: {seen:?}");
        }
    }
}

#[test]
fn a_deadline_is_kept_to_the_moment() {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    good(&mut connection, 1);
    for (stream, path) in [(3, HELLO), (5, CHAT)] {
        let before = Instant::now();
        connection.headers(stream, &call(path, &[("grpc-timeout", b"100m")]), 0);
        connection.message(stream, &encoded("sleep"), 0);
        let [seen] = connection.finish([stream]);
        let took = before.elapsed();
        assert_eq!(seen.grpc_status(), Some(4), "{path}: {seen:?}");
        assert!((95..2000).contains(&took.as_millis()), "{path}: after {took:?}");
    }
}

/// CVE-2024-7246: C-core 1.56 keeps a header with a bad value in the connection's table, and
/// refuses every later call that refers to it. Without a table there is nothing to keep.
#[test]
fn bad_headers_do_not_poison_the_connection() {
    let served = serve(Chat::default());
    let mut connection = Connection::open(&served.target);
    let settings = connection.first_settings();
    let table_size = settings.chunks(6).find(|setting| setting[..2] == [0, 1]);
    assert_eq!(table_size, Some(&[0, 1, 0, 0, 0, 0][..]), "the server has a header table");
    let bad: [(&str, &[u8]); 3] =
        [("content-type", b"image/jpeg"), ("grpc-encoding", b"foo"), (":method", b"DELETE")];
    let mut stream = 1;
    for round in 0..100 {
        connection.headers(stream, &call(HELLO, &[bad[round % 3]]), 0);
        connection.message(stream, &encoded(""), END_STREAM);
        stream += 2;
        for _ in 0..10 {
            good(&mut connection, stream);
            stream += 2;
        }
    }
}

#[test]
fn a_client_keeps_no_header_table_either() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let client = client(&address);
    let mut call = Box::pin(client.say_hello(message("", "")));
    let _ = run(async { futures::poll!(&mut call) });
    let mut connection = Connection::accept(&listener);
    let settings = connection.first_settings();
    let table_size = settings.chunks(6).find(|setting| setting[..2] == [0, 1]);
    assert_eq!(table_size, Some(&[0, 1, 0, 0, 0, 0][..]), "the client has a header table");
}

#[test]
fn a_cut_upload_is_never_finished() {
    let (served, events) = serve_probe();
    for cut in ["reset", "closed"] {
        for _ in 0..20 {
            let mut connection = Connection::open(&served.target);
            connection.headers(1, &call(UPLOAD, &[]), 0);
            connection.message(1, &encoded("one"), 0);
            connection.message(1, &encoded("two"), 0);
            good(&mut connection, 3);
            match cut {
                "reset" => drop(connection.frame(RST_STREAM, 0, 1, &[0, 0, 0, 8])),
                _ => drop(connection),
            }
        }
    }
    let mut ended = 0;
    while ended < 40 {
        match events.recv_timeout(Duration::from_secs(10)).expect("every upload ends") {
            Event::Upload(Ok(count)) => panic!("a cut upload was finished, with {count} messages"),
            Event::Upload(Err(code)) => assert_eq!(code, Code::Cancelled),
            Event::Over { method: "UploadStream", .. } => ended += 1,
            _ => {}
        }
    }
    run(served.client().say_hello(message("", ""))).unwrap();
}
