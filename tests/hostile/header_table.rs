//! CVE-2024-7246: C-core 1.56 keeps a header with a bad value in the connection's table, and
//! refuses every later call that refers to it. Without a table there is nothing to keep.

use std::net::TcpListener;

use chat::message;
use quartet::server::Server;

use super::{HELLO, assert_good, encoded, serve_probe};
use crate::support::http2::hpack::{Table, block, table_size};
use crate::support::http2::{Connection, END_HEADERS, END_STREAM, HEADERS, Header, call};
use crate::support::{client, run};

const SETTINGS_HEADER_TABLE_SIZE: u16 = 1;
const SETTINGS_MAX_CONCURRENT_STREAMS: u16 = 3;
const SETTINGS_MAX_HEADER_LIST_SIZE: u16 = 6;

const BAD: [Header<'static>; 3] =
    [("content-type", b"image/jpeg"), ("grpc-encoding", b"foo"), (":method", b"DELETE")];

/// A call whose first header is a bad one, which spoils those behind it.
fn bad_call(bad: Header<'static>) -> Vec<Header<'static>> {
    let rest = call(HELLO, &[(bad.0, b"")]);
    [vec![bad], rest].concat()
}

fn request(connection: &mut Connection, stream: u32, block: &[u8]) {
    connection.frame(HEADERS, END_HEADERS, stream, block);
    connection.message(stream, &encoded("x"), END_STREAM);
}

fn assert_answered(connection: &mut Connection, stream: u32, block: &[u8]) {
    request(connection, stream, block);
    let [seen] = connection.finish([stream]);
    assert_good(&seen, &format!("stream {stream}"));
}

#[test]
fn the_server_announces_its_limits() {
    let (served, _events) = serve_probe();
    let settings = Connection::open(&served.target).first_settings();
    for (setting, value) in [
        (SETTINGS_HEADER_TABLE_SIZE, 0),
        (SETTINGS_MAX_CONCURRENT_STREAMS, 1000),
        (SETTINGS_MAX_HEADER_LIST_SIZE, 64 << 10),
    ] {
        assert_eq!(settings.get(&setting), Some(&value), "setting {setting} of {settings:?}");
    }
}

#[test]
fn a_client_keeps_no_header_table_either() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let client = client(&listener.local_addr().expect("it listens").to_string());
    let mut call = Box::pin(client.say_hello(message("", "")));
    let _ = run(async { futures::poll!(&mut call) });
    let settings = Connection::accept(&listener).first_settings();
    assert_eq!(settings.get(&SETTINGS_HEADER_TABLE_SIZE), Some(&0), "of {settings:?}");
}

#[test]
fn a_trusted_peer_may_keep_one() {
    let server = Server::builder()
        .listen("127.0.0.1:0".parse().unwrap())
        .header_table(true)
        .start()
        .expect("a free port");
    let settings = Connection::open(&server.addresses()[0].to_string()).first_settings();
    assert_eq!(settings.get(&SETTINGS_HEADER_TABLE_SIZE), None, "of {settings:?}");
}

/// 100 bad calls among 1,000 good ones.
fn good_among_bad(connection: &mut Connection, mut encode: impl FnMut(&[Header<'_>]) -> Vec<u8>) {
    let mut streams = (1..).step_by(2);
    let mut next = || streams.next().expect("streams without end");
    for round in 0..100 {
        request(connection, next(), &encode(&bad_call(BAD[round % 3])));
        for _ in 0..10 {
            assert_answered(connection, next(), &encode(&call(HELLO, &[])));
        }
    }
}

/// By a client that refers to its earlier headers wherever the server lets it.
#[test]
fn bad_headers_do_not_poison_the_connection() {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    let settings = connection.first_settings();
    let mut table = Table::new(settings.get(&SETTINGS_HEADER_TABLE_SIZE).copied());
    good_among_bad(&mut connection, |headers| table.block(headers));
}

/// By a client that writes every header out, and asks for none to be kept.
#[test]
fn bad_headers_do_not_harm_their_neighbours() {
    let (served, _events) = serve_probe();
    let mut connection = Connection::open(&served.target);
    connection.first_settings();
    let mut shrunk = table_size(0);
    good_among_bad(&mut connection, |headers| {
        [std::mem::take(&mut shrunk), block(headers)].concat()
    });
}

/// Until a client has acknowledged the settings there is a table, and it can be poisoned. It is
/// emptied by the acknowledgement.
#[test]
fn what_was_kept_before_the_settings_were_acknowledged_is_forgotten() {
    let (served, _events) = serve_probe();
    for bad in BAD {
        let mut connection = Connection::open(&served.target);
        request(&mut connection, 1, &Table::new(None).block(&bad_call(bad)));
        connection.first_settings();
        let mut table = Table::new(Some(0));
        for stream in [3, 5, 7] {
            assert_answered(&mut connection, stream, &table.block(&call(HELLO, &[])));
        }
    }
}
