//! Servers and channels on the same completion queues.

use std::collections::VecDeque;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use chat::{ChatServiceClient, Message, message};
use futures::channel::oneshot::{Sender, channel};
use quartet::CompletionQueues;
use quartet::channel::{Channel, ChannelBuilder};
use quartet::rpc::{Call, Client, Code, End, Interceptor, Request, Status};

use crate::support::hello::Hello;
use crate::support::styles::each_style;
use crate::support::{Served, core_major, run, serve_with};

/// A server on the queues that reports which thread it runs on, and that takes 2,000 bytes.
fn served(queues: &CompletionQueues) -> Served {
    let hello = Hello(async |request: Request<_>| {
        let _: &Message = request.get_ref();
        Ok(message("", thread::current().name().unwrap_or_default()).into())
    });
    serve_with(hello, |builder| builder.queues(queues).max_receive(2000))
}

fn client(
    served: &Served,
    set: impl FnOnce(ChannelBuilder) -> ChannelBuilder,
) -> ChatServiceClient {
    ChatServiceClient::new(set(Channel::builder(&served.target).own_connections(true)).build())
}

#[test]
fn a_server_and_channels_work_on_one_queue() {
    let queues = CompletionQueues::new(1);
    let served = served(&queues);
    for _ in 0..2 {
        let client = client(&served, |builder| builder.queues(&queues));
        let reply = run(client.say_hello(message("", ""))).unwrap();
        assert_eq!(reply.get_ref().content, "quartet-queue-0");
        for result in run(each_style(&client, &[])) {
            result.unwrap();
        }
    }
}

/// Wakes whoever waits for it as it is dropped.
struct WakeAtDrop(#[expect(dead_code, reason = "its drop wakes")] Sender<()>);

/// Leaves with each call what wakes one after the other: before it runs, as it ends, as it is over,
/// and as what was left with it is dropped.
struct Wakes(Mutex<VecDeque<Sender<()>>>);

impl Wakes {
    fn next(&self) -> Sender<()> {
        self.0.lock().unwrap().pop_front().expect("one for each")
    }
}

impl Interceptor for Wakes {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        drop(self.next());
        call.extend(Mutex::new(WakeAtDrop(self.next())));
        Ok(())
    }

    fn after(&self, _: &Call, _: &mut End) {
        drop(self.next());
    }

    fn over(&self, _: &Call) {
        drop(self.next());
    }
}

/// What is woken on the queue's own thread is not left waiting for something else to happen there.
#[test]
fn a_future_that_is_woken_on_its_own_queue_runs_at_once() {
    const WAKES: usize = 4;
    let queues = CompletionQueues::new(1);
    let (senders, receivers): (VecDeque<_>, Vec<_>) = (0..WAKES).map(|_| channel()).unzip();
    let hello = Hello(async |request: Request<Message>| Ok(request.into_inner().into()));
    let wakes = Wakes(Mutex::new(senders));
    let served = serve_with(hello, |builder| builder.queues(&queues).interceptor(wakes));
    // One is woken by the server's thread, which is its own; the caller is on another.
    let spawner = Client::from(Channel::builder("unix:nowhere").queues(&queues).build());
    let (told, woken) = mpsc::channel();
    for (n, receiver) in receivers.into_iter().enumerate() {
        let told = told.clone();
        spawner.spawn(async move {
            let _ = receiver.await;
            assert_eq!(thread::current().name(), Some("quartet-queue-0"));
            told.send(n).unwrap();
        });
    }
    run(served.client().say_hello(message("", ""))).unwrap();
    let mut seen: Vec<_> =
        (0..WAKES).map_while(|_| woken.recv_timeout(Duration::from_secs(10)).ok()).collect();
    seen.sort_unstable();
    assert_eq!(seen, Vec::from_iter(0..WAKES), "futures that ran after they were woken");
}

#[test]
fn the_greatest_limit_on_a_queue_holds_there_and_nowhere_else() {
    if core_major() > 33 {
        return; // Each keeps to its own there.
    }
    let queues = CompletionQueues::new(1);
    let served = served(&queues);
    let long = || message("", "a".repeat(3000));
    let send = |client: &ChatServiceClient| {
        run(client.say_hello(long())).map_or_else(|status| status.code(), |_| Code::Ok)
    };
    let elsewhere = client(&served, |builder| builder);
    assert_eq!(send(&elsewhere), Code::ResourceExhausted);
    let _greater = client(&served, |builder| builder.queues(&queues).max_receive(4000));
    assert_eq!(send(&elsewhere), Code::Ok);
}
