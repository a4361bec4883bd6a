//! Messages of somebody's own making that panic as they are read or written.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use grpcio::{Marshaller, Method, MethodType, pb_de, pb_ser};
use protobuf::{CodedInputStream, CodedOutputStream, Message, SpecialFields};
use quartet::CompletionQueues;
use quartet::channel::Channel;
use quartet::rpc::{Client, Code, Request, Service, Status};
use quartet::server::Server;

use crate::support::run;

/// A message that is its text, and does as that says.
#[derive(Clone, Debug, Default, PartialEq)]
struct Trap {
    text: String,
    special: SpecialFields,
}

fn trap(text: &str) -> Trap {
    Trap { text: text.into(), special: SpecialFields::new() }
}

impl Message for Trap {
    const NAME: &'static str = "Trap";

    fn is_initialized(&self) -> bool {
        true
    }

    fn merge_from(&mut self, input: &mut CodedInputStream<'_>) -> protobuf::Result<()> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        self.text = String::from_utf8(bytes).expect("text");
        assert_ne!(self.text, "panic when read", "as told");
        Ok(())
    }

    fn write_to_with_cached_sizes(
        &self,
        output: &mut CodedOutputStream<'_>,
    ) -> protobuf::Result<()> {
        assert_ne!(self.text, "panic when written", "as told");
        output.write_raw_bytes(self.text.as_bytes())
    }

    fn compute_size(&self) -> u64 {
        self.text.len() as u64
    }

    fn special_fields(&self) -> &SpecialFields {
        &self.special
    }

    fn mut_special_fields(&mut self) -> &mut SpecialFields {
        &mut self.special
    }

    fn new() -> Self {
        Trap::default()
    }

    fn default_instance() -> &'static Self {
        static EMPTY: Trap = Trap { text: String::new(), special: SpecialFields::new() };
        &EMPTY
    }
}

const fn method(ty: MethodType, name: &'static str) -> Method<Trap, Trap> {
    Method {
        ty,
        name,
        req_mar: Marshaller { ser: pb_ser, de: pb_de },
        resp_mar: Marshaller { ser: pb_ser, de: pb_de },
    }
}

const UNARY: Method<Trap, Trap> = method(MethodType::Unary, "/Traps/Unary");
const STREAM: Method<Trap, Trap> = method(MethodType::ServerStreaming, "/Traps/Stream");

/// Replies with what follows `reply `, or else with the request.
fn reply(request: Request<Trap>) -> Trap {
    let text = request.into_inner().text;
    trap(text.strip_prefix("reply ").unwrap_or(&text))
}

fn service() -> Service {
    Service::builder("Traps", &Arc::new(()))
        .unary(&UNARY, |_, request, responder| {
            responder.answer(async move { Ok::<_, Status>(reply(request).into()) })
        })
        .server_streaming(&STREAM, |_, request, responder| {
            responder.answer(async move {
                let replies = futures::stream::iter([Ok::<_, Status>(reply(request))]);
                Ok::<_, Status>(replies.into())
            })
        })
        .build()
}

async fn unary(client: &Client, text: &str) -> Result<Trap, Status> {
    client.unary(&UNARY, limited(text)).await.map(|response| response.into_inner())
}

async fn stream(client: &Client, text: &str) -> Result<Trap, Status> {
    let mut replies = client.server_streaming(&STREAM, limited(text))?;
    let reply = replies.message().await?;
    Ok(reply.expect("a reply"))
}

fn limited(text: &str) -> Request<Trap> {
    let mut request = Request::new(trap(text));
    request.set_timeout(Duration::from_secs(10));
    request
}

#[test]
fn a_message_that_panics_is_internal_wherever_it_does() {
    // On one queue a thread that is lost is lost for both sides.
    let queues = CompletionQueues::new(1);
    let server = Server::builder()
        .listen("127.0.0.1:0".parse().unwrap())
        .queues(&queues)
        .service(service())
        .start()
        .unwrap();
    let channel = Channel::builder(server.addresses()[0].to_string()).queues(&queues).build();
    let client = Client::from(channel);
    for (text, what) in [
        ("panic when written", "Trap panicked while it was encoded"),
        ("panic when read", "Trap panicked while it was decoded"),
        ("reply panic when written", "encoded"),
        ("reply panic when read", "Trap panicked while it was decoded"),
    ] {
        for (style, result) in
            [run(unary(&client, text)), run(stream(&client, text))].into_iter().enumerate()
        {
            let status = result.expect_err(text);
            assert_eq!(status.code(), Code::Internal, "{text}, {style}: {status}");
            assert!(status.message().contains(what), "{text}, {style}: {status}");
        }
        assert_eq!(run(unary(&client, "fine")).unwrap(), trap("fine"), "after `{text}`");
        assert_eq!(run(stream(&client, "fine")).unwrap(), trap("fine"), "after `{text}`");
    }
}
