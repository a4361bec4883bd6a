//! What is on the wire: of the peer's frames none is misread, and of ours each message has its length.

use std::env;
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::Duration;

use chat::{ChatServiceClient, message};
use protobuf::Message as _;
use quartet::channel::{Channel, Methods, ServiceConfig};
use quartet::proto::grpc::health::v1::HealthCheckResponse;
use quartet::proto::grpc::health::v1::health_check_response::ServingStatus;
use quartet::rpc::Request;
use quartet::server::ServerBuilder;

use super::chat;
use crate::support::http2::{Connection, DATA, END_STREAM, HEADERS, WINDOW_UPDATE, call, prefixed};
use crate::support::{core_is_ours, run, serve_with};

const HELLO: &str = "/chat.ChatService/SayHello";
const CHAT: &str = "/chat.ChatService/ChatStream";

fn serve(with: impl FnOnce(ServerBuilder) -> ServerBuilder) -> crate::support::Served {
    serve_with(chat(), with)
}

fn encoded(user: &str, content: &str) -> Vec<u8> {
    prefixed(&message(user, content).write_to_bytes().expect("a message that can be encoded"))
}

/// So many requests, and the echoes that they deserve, as bytes.
fn talk(count: usize) -> (Vec<u8>, Vec<u8>) {
    let content = |number: usize| "x".repeat(number * 7 % 40);
    let bytes = |user, start: &str| {
        (0..count).flat_map(|n| encoded(user, &format!("{start}{}", content(n)))).collect()
    };
    (bytes("raw", ""), bytes("Server", "Echo: "))
}

/// Echoes arrive byte for byte, however the requests' frames are cut, and with empty ones between.
#[test]
fn frames_may_be_cut_anywhere() {
    let served = serve(|builder| builder);
    let (requests, echoes) = talk(30);
    for length in (1..=30).chain([97, 1_000, 9_000]) {
        let mut connection = Connection::open(&served.target);
        connection.headers(1, &call(CHAT, &[]), 0);
        for (number, part) in requests.chunks(length).enumerate() {
            connection.frame(DATA, 0, 1, part);
            if number % 5 == 0 {
                connection.frame(DATA, 0, 1, b"");
            }
        }
        connection.frame(DATA, END_STREAM, 1, b"");
        let [seen] = connection.finish([1]);
        assert_eq!((seen.grpc_status(), seen.resets.len()), (Some(0), 0), "frames of {length}");
        assert_eq!(seen.data, echoes, "frames of {length} bytes");
    }
}

/// What came before a message that can't be read is answered, wherever that stands.
#[test]
fn a_message_that_is_wrong_spoils_none_before_it() {
    if !core_is_ours() {
        return;
    }
    let served = serve(|builder| builder.max_receive(100));
    let unknown_flag = [&[7, 0, 0, 0, 1][..], b"x"].concat();
    let wrong = [
        (unknown_flag, 13),
        (vec![1, 0, 0, 0, 1, 9], 13),
        (prefixed(&[0xff; 12]), 13),
        (encoded("raw", &"x".repeat(200)), 8),
        (vec![0, 0, 0, 0, 9, 1], 13),
    ];
    for good in [0, 1, 2, 6, 7, 8, 50] {
        let (requests, echoes) = talk(good);
        for (bytes, status) in &wrong {
            let mut connection = Connection::open(&served.target);
            connection.headers(1, &call(CHAT, &[]), 0);
            connection.frame(DATA, END_STREAM, 1, &[&requests[..], bytes].concat());
            let [seen] = connection.finish([1]);
            assert_eq!(seen.grpc_status(), Some(*status), "{good} and {bytes:?}: {seen:?}");
            assert_eq!(seen.data, echoes, "{good} and {bytes:?}");
            assert!(seen.ended_once(), "{good} and {bytes:?}: {seen:?}");
        }
    }
}

#[test]
fn a_window_may_open_a_few_bytes_at_a_time() {
    let served = serve(|builder| builder);
    let (requests, echoes) = talk(300);
    for room in [1, 7, 777] {
        let mut connection = Connection::open_with_room(&served.target, room);
        connection.headers(1, &call(CHAT, &[]), 0);
        for part in requests.chunks(4_000) {
            connection.frame(DATA, 0, 1, part);
        }
        connection.frame(DATA, END_STREAM, 1, b"");
        for _ in 0..echoes.len().div_ceil(room as usize) {
            connection.frame(WINDOW_UPDATE, 0, 1, &room.to_be_bytes());
        }
        let [seen] = connection.finish([1]);
        assert_eq!(seen.data, echoes, "{room} bytes at a time");
        assert_eq!(seen.grpc_status(), Some(0), "{room} bytes at a time");
    }
}

#[test]
fn a_second_request_in_the_same_frame_is_unimplemented() {
    let served = serve(|builder| builder);
    let two = [encoded("raw", "one"), encoded("raw", "two")].concat();
    for flags in [END_STREAM, 0] {
        let mut connection = Connection::open(&served.target);
        connection.headers(1, &call(HELLO, &[]), 0);
        connection.frame(DATA, flags, 1, &two);
        let [seen] = connection.finish([1]);
        assert_eq!(seen.grpc_status(), Some(12), "{seen:?}");
        assert!(seen.ended_once(), "{seen:?}");
    }
}

/// A server that says of its health that it doesn't serve and, in the same frame, that it does; and
/// that answers the next call with nothing.
fn serving_after_all() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        let mut connection = Connection::accept(&listener);
        let health = |status: ServingStatus| {
            let response = HealthCheckResponse { status: status.into(), ..Default::default() };
            prefixed(&response.write_to_bytes().expect("a message that can be encoded"))
        };
        let updates = [health(ServingStatus::NOT_SERVING), health(ServingStatus::SERVING)].concat();
        let mut answers = [(updates, None), (prefixed(b""), Some(b"0"))].into_iter();
        while let Some(asks) = connection.next() {
            if asks.kind != HEADERS {
                continue;
            }
            let Some((data, status)) = answers.next() else { return };
            let good: [(&str, &[u8]); 2] =
                [(":status", b"200"), ("content-type", b"application/grpc")];
            connection.headers(asks.stream, &good, 0);
            connection.frame(DATA, 0, asks.stream, &data);
            if let Some(status) = status {
                connection.headers(asks.stream, &[("grpc-status", status)], END_STREAM);
            }
        }
    });
    address
}

/// In a process of its own: once C-core makes calls, messages are received one by one.
#[test]
fn of_what_core_reads_itself_nothing_is_lost() {
    let mut tests = Command::new(env::current_exe().unwrap());
    tests.args(["bundles::frames::a_server_that_serves_after_all", "--exact", "--ignored"]);
    let output = tests.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
#[ignore = "run by the test before it, in a process of its own"]
fn a_server_that_serves_after_all() {
    let config = ServiceConfig::new()
        .round_robin()
        .health_checked("chat.ChatService")
        .methods(Methods::all().wait_for_ready(true));
    let channel = Channel::builder(serving_after_all()).service_config(config).build();
    let mut hello = Request::new(message("Ada", ""));
    hello.set_timeout(Duration::from_secs(10));
    run(ChatServiceClient::new(channel).say_hello(hello)).expect("a server that is serving");
}
