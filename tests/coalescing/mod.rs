//! Writes that leave together: nothing is lost, late, or out of order.

mod work;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use chat::{ChatServiceClient, ChatServiceServer, message};
use futures::channel::oneshot;
use futures::future::join_all;
use quartet::channel::Channel;
use quartet::rpc::Client;
use quartet::server::{Drained, Server, ServerBuilder};

use crate::support::certificates::{Authority, Folder};
use crate::support::http2::{Connection, END_STREAM, call};
use crate::support::process::start_server;
use crate::support::{core_is_ours, run};
use work::{BLOCKED, Checks, calls, now};

/// A server, not yet listening. Like its clients, it coalesces by default.
fn server(queues: usize) -> ServerBuilder {
    Server::builder().service(ChatServiceServer::new(Checks)).completion_queues(queues)
}

fn plaintext(queues: usize) -> (Server, String) {
    let server = server(queues).listen("127.0.0.1:0".parse().unwrap()).start().unwrap();
    let target = server.addresses()[0].to_string();
    (server, target)
}

/// A client over a connection of its own.
fn client(target: &str) -> Client {
    Channel::builder(target).own_connections(true).build().into()
}

fn clients(target: &str, count: usize) -> Vec<Client> {
    (0..count).map(|_| client(target)).collect()
}

fn drained(server: Server) {
    assert_eq!(run(server.drain(Duration::from_secs(10))), Drained::Complete);
}

/// With the linker's help, which could fail without a word.
#[test]
fn the_bundled_core_s_writes_are_within_reach_and_an_installed_core_s_are_told_not_to_be() {
    let (server, _) = start_server(&["--listen", "127.0.0.1:0", "-v"]);
    server.signal("TERM");
    let log = server.end().stderr;
    let is_installed = !quartet::core_version().starts_with("33.");
    assert_eq!(log.contains("writes are not coalesced"), is_installed, "{log}");
}

#[test]
fn every_style_and_size_arrives_as_it_was_sent() {
    for (queues, connections) in [(1, 1), (1, 4), (2, 4), (4, 4)] {
        let (server, target) = plaintext(queues);
        let failed = calls(&clients(&target, connections), 1_000, 64);
        assert!(failed.is_empty(), "{queues} queues: {failed:?}");
        drained(server);
    }
}

#[test]
fn over_tls_and_over_a_socket_file_too() {
    let authority = Authority::new("An Authority");
    let folder = Folder::of(&authority.certify(&["localhost"]), &authority);
    let file = format!("unix:{}", folder.text("socket"));
    let server = server(1)
        .listen_tls("127.0.0.1:0".parse().unwrap(), &folder.server().unwrap())
        .listen(file.parse().unwrap())
        .start()
        .unwrap();
    let over_tls = |_| {
        Channel::builder(server.addresses()[0].to_string())
            .tls(&folder.trusting_client())
            .server_name("localhost")
            .build()
            .into()
    };
    for clients in [(0..2).map(over_tls).collect(), clients(&file, 2)] {
        let failed = calls(&clients, 1_000, 64);
        assert!(failed.is_empty(), "{failed:?}");
    }
    drained(server);
}

/// Relays one connection both ways through little buffers, with pauses: both ends meet a full
/// kernel again and again.
fn narrow(target: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let target = target.to_owned();
    thread::spawn(move || {
        let (near, _) = listener.accept().unwrap();
        let far = TcpStream::connect(target).unwrap();
        let (near2, far2) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        thread::spawn(move || trickle(near, far));
        trickle(far2, near2);
    });
    address
}

fn trickle(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 256 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_peer_that_reads_slowly_gets_everything_in_order() {
    let (server, target) = plaintext(1);
    let failed = calls(&[client(&narrow(&target))], 600, 64);
    assert!(failed.is_empty(), "{failed:?}");
    drained(server);
}

#[test]
fn clients_that_vanish_leave_the_others_their_answers() {
    let (server, target) = plaintext(1);
    let vanish = {
        let target = target.clone();
        move || {
            for _ in 0..50 {
                let mut connection = Connection::open(&target);
                for stream in (1..64).step_by(2) {
                    let hello = call("/chat.ChatService/SayHello", &[]);
                    connection.headers(stream, &hello, 0);
                    connection.message(stream, b"", END_STREAM);
                }
            }
        }
    };
    let vanishing = thread::spawn(vanish);
    let failed = calls(&clients(&target, 2), 1_000, 64);
    assert!(failed.is_empty(), "{failed:?}");
    vanishing.join().unwrap();
    drained(server);
}

/// Sends forty requests at once, of which the one with this number blocks the thread that takes
/// them all: the longest time from when an answer was given to when it was there.
async fn around_a_blocker(client: &Client, blocker: Option<usize>) -> Duration {
    let (chat, (done, longest)) = (ChatServiceClient::new(client.clone()), oneshot::channel());
    // On the queue's thread, so that the requests leave together.
    client.spawn(async move {
        let answers = (0..40).map(async |n| {
            let asked = message(if Some(n) == blocker { "block" } else { "tell the time" }, "");
            let given = chat.say_hello(asked).await.unwrap().into_inner().content;
            given
                .parse()
                .map_or(Duration::ZERO, |given| now().saturating_sub(Duration::from_micros(given)))
        });
        let _ = done.send(join_all(answers).await.into_iter().max().unwrap());
    });
    longest.await.unwrap()
}

#[test]
fn answers_arrive_while_a_handler_keeps_the_thread_of_their_queue() {
    let (server, target) = plaintext(1);
    let client = client(&target);
    // At first the thread is not used to so many calls, and holds nothing.
    for _ in 0..20 {
        run(around_a_blocker(&client, None));
    }
    let mut waited = [(); 9].map(|()| run(around_a_blocker(&client, Some(20))));
    waited.sort();
    assert!(waited[4] < BLOCKED / 2, "answers wait for a handler that blocks: {waited:?}");
    drained(server);
}

#[test]
fn what_a_server_has_sent_arrives_though_it_stops() {
    if !core_is_ours() {
        return;
    }
    for _ in 0..20 {
        let (server, target) = plaintext(1);
        let chat = ChatServiceClient::new(client(&target));
        run(async {
            chat.say_hello(message("0 0", "")).await.unwrap();
            let answers = join_all((0..64).map(|_| chat.say_hello(message("0 0", ""))));
            let (answers, drained) = futures::join!(answers, server.drain(Duration::from_secs(10)));
            assert_eq!(drained, Drained::Complete);
            for answer in answers {
                let refused = |status: &quartet::rpc::Status| {
                    status.code() == quartet::rpc::Code::Unavailable
                };
                assert!(answer.as_ref().is_ok() || answer.as_ref().is_err_and(refused));
            }
        });
    }
}

/// Minutes of it: `cargo test --release -- --ignored coalescing`.
#[test]
#[ignore = "takes minutes"]
fn for_long() {
    let until = Instant::now() + Duration::from_secs(180);
    let mut count = 0;
    while Instant::now() < until {
        for (queues, connections, at_once) in [(1, 1, 10), (1, 4, 100), (2, 4, 100), (4, 8, 300)] {
            let (server, target) = plaintext(queues);
            let failed = calls(&clients(&target, connections), 20_000, at_once);
            assert!(failed.is_empty(), "{queues} queues: {failed:?}");
            drained(server);
            count += 20_000;
        }
    }
    println!("{count} calls");
}
