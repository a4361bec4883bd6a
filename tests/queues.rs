//! Servers and channels on the same completion queues.

use std::thread;

use quartet::CompletionQueues;
use quartet::channel::{Channel, ChannelBuilder};
use quartet::chat::{ChatServiceClient, message};
use quartet::rpc::{Code, Request};

use crate::support::hello::Hello;
use crate::support::styles::each_style;
use crate::support::{Served, core_major, run, serve_with};

/// A server on the queues that tells on which thread it works, and that takes 2,000 bytes.
fn served(queues: &CompletionQueues) -> Served {
    let hello = Hello(async |request: Request<_>| {
        let _: &quartet::chat::Message = request.get_ref();
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
