//! How a server stops, and how it does not start.

use std::time::{Duration, Instant};

use chat::{Chat, ChatServiceServer, message};
use futures_executor::block_on;
use grpcio::ServerCredentialsBuilder;
use protobuf::Message;
use quartet::rpc::Code;
use quartet::server::{Drained, Server};

use crate::support::hello::Hello;
use crate::support::http2::{CANCEL, Connection, END_STREAM, RST_STREAM, call};
use crate::support::probe::probe;
use crate::support::{client, core_is_ours, run, serve, serve_with};

#[test]
fn running_calls_come_to_their_end_and_new_ones_are_refused() {
    let served = serve(Chat::default());
    let chatting = served.client();
    let (mut sender, mut echoes) = chatting.chat_stream(()).unwrap();
    run(async {
        sender.send(message("", "before")).await.unwrap();
        assert!(echoes.message().await.unwrap().is_some());
    });
    let target = served.target.clone();
    let drain = std::thread::spawn(|| block_on(served.server.drain(Duration::from_secs(10))));
    run(async {
        // The drain has begun when a new connection is refused.
        while client(&target).say_hello(message("", "")).await.is_ok() {}
        sender.send(message("", "during")).await.unwrap();
        let echo = echoes.message().await.unwrap().unwrap();
        assert_eq!(echo.content, "Echo: during");
        let refused = client(&target).say_hello(message("", "")).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{refused}");
        sender.close().await;
        assert_eq!(echoes.message().await.unwrap(), None);
    });
    assert_eq!(drain.join().unwrap(), Drained::Complete);
}

#[test]
fn a_limit_beyond_all_times_is_none() {
    for limit in [Duration::MAX, Duration::from_secs(u64::MAX / 2), Duration::from_secs(1 << 62)] {
        let served = serve(Chat::default());
        run(served.client().say_hello(message("", ""))).unwrap();
        assert_eq!(run(served.server.drain(limit)), Drained::Complete, "{limit:?}");
    }
}

#[test]
fn what_runs_for_too_long_is_cancelled() {
    let served = serve(probe().0);
    let client = served.client();
    let mut hello = Box::pin(client.say_hello(message("", "wait for ever")));
    let _ = run(async { futures::poll!(&mut hello) });
    run(client.say_hello(message("", ""))).unwrap();
    let before = Instant::now();
    let drained = run(served.server.drain(Duration::from_millis(200)));
    let took = before.elapsed();
    assert_eq!(drained, Drained::Cancelled);
    assert!(took < Duration::from_millis(1200), "the limit and a second; took {took:?}");
    let status = run(hello).unwrap_err();
    assert!(matches!(status.code(), Code::Unavailable | Code::Cancelled), "{status}");
}

#[test]
fn a_handler_that_blocks_its_thread_does_not_stop_the_drain() {
    let served = serve(Hello(async |_| {
        loop {
            std::thread::park();
        }
    }));
    let client = served.client();
    let mut request = quartet::rpc::Request::new(message("", ""));
    request.set_timeout(Duration::from_millis(300));
    run(client.say_hello(request)).unwrap_err();
    let before = Instant::now();
    assert_eq!(run(served.server.drain(Duration::from_millis(200))), Drained::Stuck);
    let took = before.elapsed();
    assert!(took < Duration::from_millis(1200), "the limit and a second; took {took:?}");
}

#[test]
fn a_call_that_comes_too_late_is_refused_with_a_code_that_is_retried() {
    if !core_is_ours() {
        return;
    }
    let served = serve(probe().0);
    let mut connection = Connection::open(&served.target);
    // A call that holds the connection while its server stops.
    let (waiting, late) = (1, 3);
    let begin = |connection: &mut Connection, stream| {
        connection.headers(stream, &call("/chat.ChatService/SayHello", &[]), 0);
        connection.message(
            stream,
            &message("", "wait for ever").write_to_bytes().unwrap(),
            END_STREAM,
        );
    };
    begin(&mut connection, waiting);
    assert!(connection.round_trip());
    let drain = std::thread::spawn(|| block_on(served.server.drain(Duration::from_secs(30))));
    // Clients may make calls until they have read this.
    connection.goaway();
    begin(&mut connection, late);
    let [late] = connection.finish([late]);
    assert_eq!(late.grpc_status(), Some(Code::Unavailable as u32), "{late:?}");
    assert_eq!(late.header("grpc-message"), Some("the server is shutting down"));
    // C-core ends it several times, as every call that it refuses by itself; see SECURITY.md.
    connection.frame(RST_STREAM, 0, waiting, &CANCEL);
    assert_eq!(drain.join().unwrap(), Drained::Complete);
}

#[test]
fn clients_that_do_not_answer_do_not_hold_up_a_drain_to_its_limit() {
    let served = serve(Chat::default());
    // Nobody reads any more: no answer to the GOAWAY, nor to the ping behind it.
    let mut silent = Connection::open(&served.target);
    assert!(silent.round_trip());
    let before = Instant::now();
    assert_eq!(run(served.server.drain(Duration::from_secs(15))), Drained::Complete);
    let took = before.elapsed();
    assert!(took < Duration::from_secs(8), "five seconds for the client's answer; took {took:?}");
}

#[test]
fn an_idle_server_stops_at_once_a_hundred_times() {
    for round in 0..100 {
        let served = serve_with(Chat::default(), |builder| builder.completion_queues(2));
        let client = served.client();
        run(client.say_hello(message("", ""))).unwrap();
        let before = Instant::now();
        let drained = run(served.server.drain(Duration::from_secs(5)));
        let took = before.elapsed();
        assert_eq!(drained, Drained::Complete, "round {round}");
        assert!(took < Duration::from_secs(2), "round {round} took {took:?}");
    }
}

#[test]
fn a_server_that_is_dropped_inside_of_an_executor_stops() {
    block_on(async {
        let served = serve(Chat::default());
        let client = served.client();
        let (_sender, mut echoes) = client.chat_stream(()).unwrap();
        drop(served);
        assert!(echoes.message().await.is_err());
    });
}

#[test]
fn a_taken_port_is_an_error_at_once() {
    let first = serve(Chat::default());
    let second = Server::builder()
        .listen("127.0.0.1:0".parse().unwrap())
        .listen(first.target.parse().unwrap())
        .service(ChatServiceServer::new(Chat::default()))
        .start();
    let error = second.expect_err("two servers on one port").to_string();
    assert!(error.contains(&first.target) && error.contains("another process"), "{error}");
    run(first.client().say_hello(message("", ""))).unwrap();
}

#[test]
fn credentials_that_are_none_are_an_error_that_says_so() {
    let rubbish = || b"no certificate".to_vec();
    let credentials = ServerCredentialsBuilder::new().add_cert(rubbish(), rubbish()).build();
    let server = Server::builder()
        .listen_with("127.0.0.1:0".parse().unwrap(), credentials)
        .service(ChatServiceServer::new(Chat::default()))
        .start();
    let error = server.expect_err("a server without a certificate").to_string();
    assert!(error.contains("127.0.0.1:0") && error.contains("certificate"), "{error}");
}

#[test]
fn a_socket_file_serves_and_a_live_one_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("unix:{}", folder.path().join("chat.sock").display());
    let start = || {
        Server::builder()
            .listen(address.parse().unwrap())
            .service(ChatServiceServer::new(Chat::default()))
            .start()
    };
    let server = start().unwrap();
    let reply = run(client(&address).say_hello(message("Ada", ""))).unwrap();
    assert!(reply.get_ref().content.contains("Ada"));
    let error = start().expect_err("two servers on one socket file").to_string();
    assert!(error.contains("another process"), "{error}");
    run(client(&address).say_hello(message("Ada", ""))).unwrap();
    drop(server);
    let again = start().unwrap();
    drop(again);

    let file = folder.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let taken =
        Server::builder().listen(format!("unix:{}", file.display()).parse().unwrap()).start();
    assert!(taken.unwrap_err().to_string().contains("not a socket"));
    assert_eq!(std::fs::read_to_string(file).unwrap(), "precious");
}
