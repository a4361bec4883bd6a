//! How long connections live, how they are kept, and how they are made again.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use chat::{Chat, ChatServiceClient, message};
use futures_executor::block_on;
use quartet::Keepalive;
use quartet::channel::{Backoff, Channel, ChannelBuilder, Methods, Retry, ServiceConfig};
use quartet::rpc::{Code, Request, Status};
use quartet::server::ServerBuilder;

use crate::support::hello::Hello;
use crate::support::http2::{Connection, PING};
use crate::support::process::start_server;
use crate::support::{Served, run, serve, serve_with};

const ENHANCE_YOUR_CALM: u32 = 11;

const SOON: Duration = Duration::from_millis(100);

/// A server that answers with who asks.
fn who(with: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Served {
    let who = Hello(async |request: Request<_>| {
        Ok(message("Server", request.peer().unwrap_or_default()).into())
    });
    serve_with(who, with)
}

fn channel(target: &str) -> ChannelBuilder {
    Channel::builder(target).own_connections(true)
}

#[test]
fn keepalive_finds_a_server_that_has_fallen_silent() {
    let (server, address) = start_server(&["--listen", "127.0.0.1:0", "-q"]);
    let keepalive = Keepalive::every(SOON).timeout(SOON);
    let client = ChatServiceClient::new(channel(&address).keepalive(keepalive).build());
    let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
    run(async {
        sender.send(message("", "before")).await.unwrap();
        echoes.message().await.unwrap().unwrap();
        // Its connection stays; nothing comes over it.
        server.signal("STOP");
        let status = echoes.message().await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        // In the words of older cores, and of newer ones.
        let told = ["keepalive", "ping timeout"].iter().any(|why| status.message().contains(why));
        assert!(told, "{status}");
    });
}

#[test]
fn more_pings_than_permitted_close_the_connection() {
    let served = serve(Chat::default());
    let mut connection = Connection::open(&served.target);
    let mut ping = || connection.round_trip() && !connection.going_away();
    let permitted = (0..10).take_while(|_| ping()).count();
    assert!(permitted < 5, "two strikes, and out; {permitted} pings were answered");
    // On a busy machine C-core answers a few more between the GOAWAY and the end.
    assert!((0..1000).any(|_| !connection.round_trip()), "all pings were answered");

    let lenient =
        serve_with(Chat::default(), |builder| builder.permit_pings_without_calls(Duration::ZERO));
    let mut connection = Connection::open(&lenient.target);
    let permitted = (0..10).take_while(|_| connection.round_trip()).count();
    assert_eq!(permitted, 10, "all are answered");
}

#[test]
fn too_many_pings_are_told() {
    let served = serve(Chat::default());
    let mut connection = Connection::open(&served.target);
    for n in 0..4 {
        connection.frame(PING, 0, 0, &[n; 8]);
    }
    assert_eq!(connection.goaway(), (ENHANCE_YOUR_CALM, "too_many_pings".into()));
}

#[test]
fn an_old_connection_is_replaced_and_no_call_fails() {
    let served = who(|builder| builder.max_connection_age(SOON));
    let client = served.client();
    let mut peers = BTreeSet::new();
    let limit = Instant::now() + Duration::from_secs(10);
    while peers.len() < 4 {
        assert!(Instant::now() < limit, "expected four connections; saw {peers:?}");
        let reply = run(client.say_hello(message("", ""))).expect("no call fails");
        peers.insert(reply.into_inner().content);
    }
}

#[test]
fn the_calls_of_an_old_connection_are_cut_off_after_the_grace() {
    let served = serve_with(Chat::default(), |builder| {
        builder.max_connection_age(SOON).max_connection_age_grace(SOON)
    });
    let (_sender, mut echoes) = served.client().chat_stream(()).unwrap();
    let status = run(echoes.message()).unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
}

#[test]
fn a_connection_without_calls_is_closed() {
    let served = serve_with(Chat::default(), |builder| builder.max_connection_idle(SOON));
    // Its code and text differ from core to core.
    Connection::open(&served.target).goaway();
}

#[test]
fn who_does_not_finish_connecting_is_sent_away() {
    let served = serve_with(Chat::default(), |builder| builder.handshake_timeout(SOON));
    let mut silent = TcpStream::connect(&served.target).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut sent = Vec::new();
    silent.read_to_end(&mut sent).expect("expected the server to close; it did not");
}

#[test]
fn attempts_to_connect_come_as_often_as_the_backoff_says() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let backoff = Backoff { first: SOON, longest: SOON, attempt: SOON };
    let client = ChatServiceClient::new(channel(&target).backoff(backoff).build());
    let mut request = Request::new(message("", ""));
    request.set_wait_for_ready(true);
    request.set_timeout(Duration::from_secs(20));
    let mut hello = Box::pin(client.say_hello(request));
    let _ = run(async { futures::poll!(&mut hello) });
    let before = Instant::now();
    for connection in listener.incoming().take(8) {
        drop(connection);
    }
    let took = before.elapsed();
    // By default the eighth comes after half a minute.
    assert!(took < Duration::from_secs(5), "expected about 0.8 s; took {took:?}");
}

#[test]
fn an_idle_channel_closes_its_connections() {
    let served = who(|builder| builder);
    let idle = channel(&served.target).idle_timeout(SOON).build();
    let client = ChatServiceClient::new(&idle);
    let ask = || run(client.say_hello(message("", ""))).unwrap().into_inner().content;
    let first = ask();
    let limit = Instant::now() + Duration::from_secs(10);
    // A connection that was closed is another one when it is made again.
    while ask() == first {
        assert!(Instant::now() < limit, "the connection of {first} is still used");
        run(futures_timer::Delay::new(2 * SOON));
    }
}

#[test]
fn calls_that_begin_as_an_idle_channel_closes_are_made() {
    let served = who(|builder| builder);
    let time = Duration::from_millis(5);
    let client = ChatServiceClient::new(channel(&served.target).idle_timeout(time).build());
    let mut peers = BTreeSet::new();
    // Pauses of one to four times as long, so that some end as the channel closes.
    for n in 0..400 {
        peers.insert(run(client.say_hello(message("", ""))).unwrap().into_inner().content);
        run(futures_timer::Delay::new(time + time * (n % 100) / 33));
    }
    assert!(peers.len() > 10, "expected it to close many times; saw {} connections", peers.len());
}

/// A watch that begins with its time up asks for what the call that began it has locked.
#[test]
fn a_channel_that_is_idle_at_once_never_stops_its_callers() {
    const CALLERS: usize = 4;
    const CALLS: usize = 1_000;
    let served = who(|builder| builder);
    let time = Duration::from_millis(1);
    let client = ChatServiceClient::new(channel(&served.target).idle_timeout(time).build());
    let (told, made) = mpsc::channel();
    for caller in 0..CALLERS {
        let (client, told) = (client.clone(), told.clone());
        thread::spawn(move || {
            for n in 0..CALLS {
                let call = block_on(client.say_hello(message("", "")));
                told.send(call.map(drop)).unwrap();
                // So long that some calls begin as the timer fires, and some find it idle.
                let pause = time * ((n + caller) % 5) as u32 / 3;
                block_on(futures_timer::Delay::new(pause));
            }
        });
    }
    for n in 0..CALLERS * CALLS {
        let call = made.recv_timeout(Duration::from_secs(20));
        call.unwrap_or_else(|_| panic!("the callers are stuck after {n} calls")).unwrap();
    }
}

#[test]
fn a_channel_is_not_idle_while_a_call_runs() {
    let served = serve(Chat::default());
    let client = ChatServiceClient::new(channel(&served.target).idle_timeout(SOON / 10).build());
    let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
    run(async {
        for said in ["before", "after"] {
            sender.send(message("", said)).await.unwrap();
            assert_eq!(echoes.message().await.unwrap().unwrap().content, format!("Echo: {said}"));
            futures_timer::Delay::new(SOON).await;
        }
        sender.close().await;
        assert_eq!(echoes.message().await.unwrap(), None);
    });
}

/// A server that fails so many calls before it takes one, and the count of those that came.
fn failing(times: usize) -> (Arc<AtomicUsize>, Served) {
    let attempts = Arc::<AtomicUsize>::default();
    let count = attempts.clone();
    let served = serve(Hello(move |_| {
        let attempt = count.fetch_add(1, SeqCst) + 1;
        async move {
            match attempt <= times {
                true => Err(Status::unavailable(format!("attempt {attempt}"))),
                false => Ok(message("Server", format!("attempt {attempt}")).into()),
            }
        }
    }));
    (attempts, served)
}

#[test]
fn a_failing_call_is_made_again_by_the_rules() {
    let (attempts, served) = failing(2);
    let config = ServiceConfig::new().methods(Methods::all().retry(Retry::new(3)));
    let client = ChatServiceClient::new(channel(&served.target).service_config(config).build());
    assert_eq!(run(client.say_hello(message("", ""))).unwrap().get_ref().content, "attempt 3");
    assert_eq!(attempts.load(SeqCst), 3);

    let (attempts, served) = failing(3);
    let config = ServiceConfig::new()
        .methods(Methods::one("chat.ChatService", "SayHello").retry(Retry::new(3)));
    let client = ChatServiceClient::new(channel(&served.target).service_config(config).build());
    let status = run(client.say_hello(message("", ""))).unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "attempt 3"));
    assert_eq!(attempts.load(SeqCst), 3);

    let (attempts, served) = failing(1);
    let status = run(served.client().say_hello(message("", ""))).unwrap_err();
    assert_eq!(status.message(), "attempt 1", "no retry without a rule");
    assert_eq!(attempts.load(SeqCst), 1);
}

#[test]
fn a_channel_without_retries_keeps_its_deadlines_and_limits() {
    let (attempts, served) = failing(1);
    let config = ServiceConfig::new().methods(Methods::all().retry(Retry::new(3)));
    let builder = channel(&served.target).service_config(config).retries(false);
    let client = ChatServiceClient::new(builder.max_receive(5).build());
    let hello = || run(client.say_hello(message("", "")));
    assert_eq!(hello().unwrap_err().message(), "attempt 1");
    assert_eq!(attempts.load(SeqCst), 1);
    assert_eq!(hello().unwrap_err().code(), Code::ResourceExhausted);

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = silent.local_addr().unwrap().to_string();
    let client = ChatServiceClient::new(channel(&target).retries(false).build());
    let mut request = Request::new(message("", ""));
    request.set_wait_for_ready(true);
    request.set_timeout(SOON);
    let started = Instant::now();
    assert_eq!(run(client.say_hello(request)).unwrap_err().code(), Code::DeadlineExceeded);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn a_target_has_many_forms() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("chat.sock");
    let mut listen = vec!["127.0.0.1:0".to_owned(), format!("unix:{}", socket.display())];
    match TcpListener::bind("[::1]:0") {
        Ok(_) => listen.push("[::1]:0".into()),
        Err(error) => eprintln!("NOT RUN: ipv6: this machine has no loopback of it: {error}"),
    }
    let served = serve_with(Chat::default(), |builder| {
        listen.iter().fold(builder, |builder, address| builder.listen(address.parse().unwrap()))
    });
    let addresses = served.server.addresses();
    let port = served.target.rsplit(':').next().unwrap();
    let mut targets = vec![
        format!("localhost:{port}"),
        format!("dns:///localhost:{port}"),
        format!("ipv4:127.0.0.1:{port}"),
        format!("ipv4:127.0.0.1:1,127.0.0.1:{port}"),
        format!("unix:{}", socket.display()),
        format!("unix://{}", socket.display()),
    ];
    targets.extend(addresses.get(3).map(|address| format!("ipv6:{address}")));
    for target in targets {
        let client = ChatServiceClient::new(channel(&target).build());
        let reply = run(client.say_hello(message("Ada", "")));
        let reply = reply.unwrap_or_else(|status| panic!("{target}: {status}")).into_inner();
        assert_eq!(reply.content, "Hello, Ada! Thanks for your message.", "{target}");
    }
}
