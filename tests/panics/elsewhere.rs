//! Panics outside of a handler: in what is spawned, in interceptors, in what is dropped.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use chat::{Chat, ChatService, ChatServiceClient, Message, message};
use futures::{Stream, StreamExt, stream};
use futures_timer::Delay;
use quartet::CompletionQueues;
use quartet::channel::{Channel, ChannelBuilder};
use quartet::interceptors::ConcurrencyLimit;
use quartet::rpc::{
    Call, Client, Code, End, Interceptor, Request, Response, Side, Status, Streaming,
};
use quartet::server::ServerBuilder;

use crate::support::styles::{METHODS, each_style};
use crate::support::{Served, run, serve_with};

/// Panics as it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        // One panic on top of another would be the end of the test.
        if !std::thread::panicking() {
            panic!("a bomb was dropped");
        }
    }
}

fn served(with: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Served {
    serve_with(Chat::default().pace(Duration::ZERO), with)
}

#[test]
fn a_panic_in_a_spawned_future_ends_it_alone() {
    let served = served(|builder| builder);
    let channel = Channel::to(&served.target);
    let client = Client::from(&channel);
    client.spawn(async { panic!("at once") });
    client.spawn(async {
        Delay::new(Duration::from_millis(1)).await;
        panic!("later, on the queue's thread")
    });
    let bomb = Bomb;
    client.spawn(async move {
        Delay::new(Duration::from_millis(1)).await;
        drop(bomb);
    });
    let (told, over) = mpsc::channel();
    client.spawn(async move {
        Delay::new(Duration::from_millis(50)).await;
        told.send(()).unwrap();
    });
    let over = over.recv_timeout(Duration::from_secs(10));
    over.expect("a future that is spawned beside those that panic comes to its end");
    run(ChatServiceClient::new(channel).say_hello(message("", ""))).unwrap();
}

/// Where an interceptor panics.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Before,
    After,
    Over,
}

struct PanicsAt(At);

impl PanicsAt {
    fn reach(&self, at: At) {
        assert_ne!(self.0, at, "as told");
    }
}

impl Interceptor for PanicsAt {
    fn before(&self, _: &mut Call) -> Result<(), Status> {
        self.reach(At::Before);
        Ok(())
    }

    fn after(&self, _: &Call, _: &mut End) {
        self.reach(At::After);
    }

    fn over(&self, _: &Call) {
        self.reach(At::Over);
    }
}

/// What an interceptor beside it saw.
#[derive(Default)]
struct Told {
    before: AtomicUsize,
    codes: Mutex<Vec<Code>>,
    over: AtomicUsize,
}

struct Tell(Arc<Told>);

impl Interceptor for Tell {
    fn before(&self, _: &mut Call) -> Result<(), Status> {
        self.0.before.fetch_add(1, SeqCst);
        Ok(())
    }

    fn after(&self, _: &Call, end: &mut End) {
        self.0.codes.lock().unwrap().push(end.status.code());
    }

    fn over(&self, _: &Call) {
        self.0.over.fetch_add(1, SeqCst);
    }
}

/// Calls in every style, often enough for a limit of one call to show each place that is not given
/// back; `told` is of an interceptor that is asked before the one that panics.
#[track_caller]
fn assert_internal(client: &ChatServiceClient, at: At, told: &Told) {
    let expected = if at == At::Over { Ok(()) } else { Err(Code::Internal) };
    for round in 0..3 {
        for (method, result) in METHODS.iter().zip(run(each_style(client, &[]))) {
            let code = result.clone().map_err(|status| status.code());
            assert_eq!(code, expected, "{method}, round {round}, {at:?}: {result:?}");
            if let Err(status) = result {
                assert_eq!(status.message(), "an interceptor panicked", "{method}, {at:?}");
            }
        }
    }
    // A call of a server is over a little after its caller knows.
    let limit = std::time::Instant::now() + Duration::from_secs(10);
    while told.over.load(SeqCst) < 12 && std::time::Instant::now() < limit {
        run(Delay::new(Duration::from_millis(5)));
    }
    let codes = told.codes.lock().unwrap();
    let code = expected.err().unwrap_or(Code::Ok);
    assert_eq!(*codes, [code; 12], "what the other interceptor was told, {at:?}");
    let counts = (told.before.load(SeqCst), told.over.load(SeqCst));
    assert_eq!(counts, (12, 12), "calls that were begun and over, {at:?}");
}

#[test]
fn an_interceptor_of_a_server_that_panics_harms_no_other() {
    for at in [At::Before, At::After, At::Over] {
        let told = Arc::<Told>::default();
        let served = served(|builder| {
            let builder = builder.interceptor(Tell(told.clone()));
            builder.interceptor(ConcurrencyLimit::new(4)).interceptor(PanicsAt(at))
        });
        assert_internal(&served.client(), at, &told);
    }
}

#[test]
fn an_interceptor_of_a_channel_that_panics_harms_no_other() {
    let served = served(|builder| builder);
    for at in [At::Before, At::After, At::Over] {
        let told = Arc::<Told>::default();
        let channel = Channel::builder(&served.target).interceptor(Tell(told.clone()));
        let channel = channel.interceptor(ConcurrencyLimit::new(1)).interceptor(PanicsAt(at));
        assert_internal(&ChatServiceClient::new(channel.build()), at, &told);
    }
}

/// Leaves a value with each call that panics as it is dropped.
struct LeaveBomb;

impl Interceptor for LeaveBomb {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        if call.side() == Side::Client {
            assert!(call.extension::<Bomb>().is_none());
        }
        call.extend(Bomb);
        Ok(())
    }
}

fn with_bombs(builder: ChannelBuilder) -> ChatServiceClient {
    ChatServiceClient::new(builder.interceptor(LeaveBomb).build())
}

#[test]
fn a_value_that_panics_as_it_is_dropped_harms_no_call() {
    // On one queue a thread that is lost is lost for both sides.
    let queues = CompletionQueues::new(1);
    let served = served(|builder| builder.queues(&queues).interceptor(LeaveBomb));
    let client = with_bombs(Channel::builder(&served.target).queues(&queues));
    for _ in 0..3 {
        for (method, result) in METHODS.iter().zip(run(each_style(&client, &[]))) {
            result.unwrap_or_else(|status| panic!("{method}: {status}"));
        }
    }
}

/// Answers with what panics as it is dropped.
struct Explosive;

impl ChatService for Explosive {
    async fn say_hello(&self, _: Request<Message>) -> Result<Response<Message>, Status> {
        let _bomb = Bomb;
        Ok(Message::default().into())
    }

    async fn broadcast_messages(
        &self,
        _: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let bomb = Bomb;
        let replies = stream::iter([Ok(Message::default())]).chain(stream::poll_fn(move |_| {
            let _held = &bomb;
            std::task::Poll::Ready(None)
        }));
        Ok(Response::new(replies))
    }

    async fn upload_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        let _bombs = (Bomb, request);
        Ok(Message::default().into())
    }

    /// Never ends on its own, and is dropped when its time is up.
    async fn chat_stream(
        &self,
        _: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let bomb = Bomb;
        Ok(Response::new(stream::poll_fn(move |_| {
            let _held = &bomb;
            std::task::Poll::Pending
        })))
    }
}

#[test]
fn what_a_handler_leaves_may_panic_as_it_is_dropped() {
    let served = serve_with(Explosive, |builder| builder);
    let client = served.client();
    for _ in 0..3 {
        run(async {
            let unary = client.say_hello(message("", "")).await.map(drop).unwrap_err();
            let mut replies = client.broadcast_messages(message("", "")).unwrap();
            let broadcast = loop {
                match replies.message().await {
                    Ok(reply) => assert!(reply.is_some(), "the stream ended with OK"),
                    Err(status) => break status,
                }
            };
            let (_sender, reply) = client.upload_stream(()).unwrap();
            let upload = reply.await.map(drop).unwrap_err();
            for status in [unary, broadcast, upload] {
                let seen = (status.code(), status.message());
                assert_eq!(seen, (Code::Internal, "the handler panicked"));
            }
            let mut short = Request::new(());
            short.set_timeout(Duration::from_millis(50));
            let (_sender, mut echoes) = client.chat_stream(short).unwrap();
            let chat = echoes.message().await.unwrap_err();
            assert!(matches!(chat.code(), Code::DeadlineExceeded | Code::Internal), "{chat}");
        });
    }
}
