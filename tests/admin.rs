//! The admin server: its pages, what it refuses, and clients that are slow or silent.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use quartet::admin::{Admin, Page};

use crate::support::process::{client, start_server};

const PATIENCE: Duration = Duration::from_secs(10);

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the admin server takes a connection");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The whole answer to this request.
#[track_caller]
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{request:?}: {error}"));
    answer
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: admin\r\n\r\n"))
}

#[track_caller]
fn expect(answer: &str, status: u16, body: &str) {
    let (head, seen) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let start = format!("HTTP/1.1 {status} ");
    assert!(
        head.starts_with(&start) && seen.contains(body),
        "expected {status} {body:?}: {answer}"
    );
    let length = format!("Content-Length: {}", seen.len());
    assert!(head.lines().any(|line| line == length), "expected {length}: {answer}");
}

fn pages() -> Admin {
    Admin::builder()
        .page("/version", || Page::text("1.2.3"))
        .page("/readyz", || Page::unavailable("not now"))
        .page("/broken", || panic!("as told"))
        .page("/numbers", || Page::typed("application/x-numbers; version=1", "1 2 3"))
        .start("127.0.0.1:0")
        .unwrap()
}

#[test]
fn pages_are_served_and_listed() {
    let admin = pages();
    expect(&get(admin.address(), "/version"), 200, "1.2.3\n");
    expect(&get(admin.address(), "/version?verbose"), 200, "1.2.3\n");
    expect(&get(admin.address(), "/readyz"), 503, "not now\n");
    expect(&get(admin.address(), "/"), 200, "/broken\n/numbers\n/readyz\n/version\n");
    let typed = get(admin.address(), "/numbers");
    assert!(typed.contains("Content-Type: application/x-numbers; version=1\r\n"), "{typed}");
    let head = ask(admin.address(), "HEAD /version HTTP/1.1\r\nHost: admin\r\n\r\n");
    assert!(head.contains("Content-Length: 6\r\n") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn what_is_wrong_is_said() {
    let admin = pages();
    let address = admin.address();
    expect(&get(address, "/nothing"), 404, "/ lists");
    expect(&get(address, "/broken"), 500, "log");
    let post = ask(address, "POST /version HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello");
    expect(&post, 405, "GET and HEAD");
    assert!(post.contains("\r\nAllow: GET, HEAD\r\n"), "{post}");
    expect(&ask(address, "nonsense\r\n\r\n"), 400, "HTTP/1.1");
    let long = format!("GET /version HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(9000));
    expect(&ask(address, &long), 431, "8192 bytes");
    let many = format!("GET /version HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(100));
    expect(&ask(address, &many), 431, "64 fields");
    expect(&get(address, "/version"), 200, "1.2.3");
}

#[test]
fn silent_and_slow_clients_keep_nobody_out() {
    let admin = pages();
    let mut slow = connect(admin.address());
    slow.write_all(b"GET /version HT").unwrap();
    let silent: Vec<_> = (0..100).map(|_| connect(admin.address())).collect();
    let started = Instant::now();
    expect(&get(admin.address(), "/version"), 200, "1.2.3");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    // The oldest had to make room: it ends without an answer.
    let mut answer = Vec::new();
    match slow.read_to_end(&mut answer) {
        Ok(_) => assert_eq!(answer, b"", "the slow client was to make room"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    drop(silent);
}

#[test]
fn a_request_in_pieces_is_answered_and_one_that_never_ends_is_not() {
    let admin = pages();
    let mut pieces = connect(admin.address());
    for piece in ["G", "ET /ver", "sion HTTP/1.1\r", "\n\r\n"] {
        pieces.write_all(piece.as_bytes()).unwrap();
    }
    let mut answer = String::new();
    pieces.read_to_string(&mut answer).unwrap();
    expect(&answer, 200, "1.2.3");
    let mut never = connect(admin.address());
    never.write_all(b"GET /version HTTP/1.1\r\nA: ").unwrap();
    let mut answer = String::new();
    never.read_to_string(&mut answer).unwrap();
    expect(&answer, 408, "in time");
}

#[test]
fn a_page_that_takes_its_time_holds_up_no_other() {
    let (release, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let admin = Admin::builder()
        .page("/slow", move || {
            let _ = wait.lock().unwrap().recv_timeout(PATIENCE);
            Page::text("at last")
        })
        .page("/version", || Page::text("1.2.3"))
        .start("127.0.0.1:0")
        .unwrap();
    let address = admin.address();
    let slow = std::thread::spawn(move || get(address, "/slow"));
    expect(&get(address, "/version"), 200, "1.2.3");
    release.send(()).unwrap();
    expect(&slow.join().unwrap(), 200, "at last");
}

#[test]
fn dropped_it_stops_at_once_and_frees_its_address() {
    let ready = Arc::new(AtomicBool::new(true));
    let readiness = ready.clone();
    let admin = Admin::builder()
        .page("/readyz", move || match readiness.load(Relaxed) {
            true => Page::text("ready"),
            false => Page::unavailable("not ready"),
        })
        .start("127.0.0.1:0")
        .unwrap();
    let address = admin.address();
    expect(&get(address, "/readyz"), 200, "ready");
    ready.store(false, Relaxed);
    expect(&get(address, "/readyz"), 503, "not ready");
    let mut silent = connect(address);
    let started = Instant::now();
    drop(admin);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(TcpStream::connect(address).is_err(), "it still listens");
    assert!(matches!(silent.read(&mut [0; 8]), Ok(0) | Err(_)), "a connection stays");
}

#[test]
fn the_chat_server_has_its_pages() {
    let (server, target) = start_server(&["--listen", "127.0.0.1:0", "--admin", "0"]);
    let line = server.wait_for_log("admin pages at http://");
    let address =
        line.split("http://").nth(1).and_then(|rest| rest.trim_end_matches('/').parse().ok());
    let address: SocketAddr = address.unwrap_or_else(|| panic!("no address: {line}"));
    assert!(address.ip().is_loopback());
    assert_eq!(client(&["--server", &target, "hello"], "").code(), Some(0));
    expect(&get(address, "/healthz"), 200, "alive");
    expect(&get(address, "/readyz"), 200, "ready");
    expect(&get(address, "/version"), 200, &format!("C-core {}", quartet::core_version()));
    let scrape = ask(
        address,
        "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: application/openmetrics-text;version=1.0.0\r\n\r\n",
    );
    expect(&scrape, 200, r#"build_info{version=""#);
    expect(
        &scrape,
        200,
        r#"grpc_server_call_started_total{grpc_method="chat.ChatService/SayHello"} 1"#,
    );
    let content_type = "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(scrape.contains(content_type), "{scrape}");
}
