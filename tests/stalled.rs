//! Readers that stop, and handlers that hold up their queue.

use std::fs;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use chat::{ChatServiceClient, message};
use futures::Sink;
use quartet::Window;
use quartet::channel::Channel;

use crate::support::process::start_server;
use crate::support::run;

/// The resident memory of a process, in MiB.
fn resident(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[test]
fn a_thousand_stalled_streams_cost_the_server_less_than_256_mib() {
    const STREAMS: usize = 1000;
    let (server, address) = start_server(&["--listen", "127.0.0.1:0", "-q"]);
    let before = resident(server.id());
    // One connection has a limit of 1,000 streams. What is not read has to stay on the server.
    let channels = [(); 4].map(|()| {
        let channel = Channel::builder(&address).own_connections(true);
        ChatServiceClient::new(channel.window(Window::Fixed(65_535)).build())
    });
    // Each sends echoes that nobody reads, until flow control says stop.
    let mut chats: Vec<_> =
        (0..STREAMS).map(|n| channels[n % 4].chat_stream(()).unwrap()).collect();
    let content = "x".repeat(60_000);
    let mut sent = 0;
    loop {
        let mut moved = 0;
        for (sender, _) in &mut chats {
            moved += usize::from(run(offer(sender, &content)));
        }
        sent += moved;
        assert!(sent < STREAMS * 100, "{sent} messages of 60 KB went out that nobody reads");
        // What is on its way gets a moment to arrive: a call that answers shows that it has.
        run(channels[0].say_hello(message("", ""))).unwrap();
        if moved == 0 && run(settled(&mut chats)) {
            break;
        }
    }
    let grown = resident(server.id()) - before;
    assert!(grown < 256, "{STREAMS} stalled streams cost the server {grown} MiB");
    assert!(sent >= STREAMS, "only {sent} messages went out");
    drop(chats);
    run(channels[0].say_hello(message("", ""))).unwrap();
}

type Sender = quartet::rpc::Sender<chat::Message>;
type Chat = (Sender, quartet::rpc::Streaming<chat::Message>);

/// Sends a message if that is possible without waiting.
async fn offer(sender: &mut Sender, content: &str) -> bool {
    let ready = futures::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *sender).poll_ready(cx)));
    if ready.await != Poll::Ready(Ok(())) {
        return false;
    }
    Pin::new(&mut *sender).start_send(message("", content)).unwrap();
    let flush = futures::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *sender).poll_flush(cx)));
    flush.await != Poll::Ready(Err(quartet::rpc::Ended))
}

/// Whether nothing moves any more for a while.
async fn settled(chats: &mut [Chat]) -> bool {
    futures_timer::Delay::new(Duration::from_millis(500)).await;
    for (sender, _) in chats {
        let ready =
            futures::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *sender).poll_ready(cx)));
        if ready.await == Poll::Ready(Ok(())) {
            return false;
        }
    }
    true
}

#[test]
fn a_handler_that_holds_up_its_queue_is_told_by_name() {
    use std::sync::Mutex;

    use chat::{Chat, ChatServiceServer};
    use log::{Level, Log, Metadata, Record};
    use quartet::rpc::{Call, End, Interceptor};
    use quartet::server::Server;

    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    struct Keep;
    impl Log for Keep {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn log(&self, record: &Record<'_>) {
            if record.level() == Level::Warn {
                TOLD.lock().unwrap().push(record.args().to_string());
            }
        }
        fn flush(&self) {}
    }
    /// An interceptor runs on the queue's thread, as a handler does.
    struct Block;
    impl Interceptor for Block {
        fn after(&self, _: &Call, _: &mut End) {
            let (_keep, never) = std::sync::mpsc::channel::<()>();
            let _ = never.recv_timeout(Duration::from_millis(150));
        }
    }

    log::set_logger(&Keep).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    let server = Server::builder()
        .listen("127.0.0.1:0".parse().unwrap())
        .service(ChatServiceServer::new(Chat::default()))
        .interceptor(Block)
        .start()
        .unwrap();
    let client = ChatServiceClient::new(Channel::to(server.addresses()[0].to_string()));
    // The second is answered after the first one's stall was logged.
    for _ in 0..2 {
        run(client.say_hello(message("", ""))).unwrap();
    }
    let told = TOLD.lock().unwrap();
    let told = told.iter().find(|line| line.contains("blocked its completion queue"));
    assert!(told.unwrap().starts_with("/chat.ChatService/SayHello: "), "{told:?}");
}
