//! The service on our layer: greets, counts uploads, sends as many messages as asked, echoes.

use std::num::NonZeroU32;

use chat::{ChatService, ChatServiceServer, Message};
use futures::{Stream, StreamExt};
use log::{LevelFilter, Log, Metadata, Record};
use quartet::Window;
use quartet::interceptors::{
    BearerAuth, ConcurrencyLimit, LogCalls, Metrics, RateLimit, TraceContext,
};
use quartet::rpc::{Call, Interceptor, Request, Response, Status, Streaming};
use quartet::server::{Server, ServerBuilder};

use crate::bare::{self, messages};

pub fn serve(variant: &str) {
    match variant.strip_prefix("bare") {
        Some("") => bare::serve(|arguments| arguments),
        Some(_) => bare::serve(|arguments| {
            let arguments = super::call::settings(arguments);
            arguments.http2_bdp_probe(false).stream_initial_window_size(65_535)
        }),
        None => bare::until_told(|| quartet_server(variant)),
    }
}

fn quartet_server(variant: &str) -> Server {
    let mut builder = Server::builder()
        .listen("127.0.0.1:0".parse().expect("an address"))
        .service(ChatServiceServer::new(Ours));
    builder = match variant {
        "quartet+log" => {
            discard_log();
            builder.interceptor(LogCalls)
        }
        "quartet+metrics" => builder.interceptor(Metrics::new()),
        "quartet+trace" => builder.interceptor(TraceContext::default()),
        "quartet+auth" => auth(builder),
        "quartet+limits" => limits(builder),
        "quartet+all" => {
            discard_log();
            let builder = builder.interceptor(TraceContext::default()).interceptor(LogCalls);
            limits(auth(builder.interceptor(Metrics::new())))
        }

        "quartet+adaptive" => builder.window(Window::Adaptive),
        "quartet-coalescing" => builder.coalesce_writes(false),
        _ => builder,
    };
    let server = builder.start().expect("it starts");
    println!("{}", server.addresses()[0]);
    server
}

/// What a server in production has in front of its handlers, and no call here exceeds.
fn limits(builder: ServerBuilder) -> ServerBuilder {
    builder
        .interceptor(ConcurrencyLimit::new(1_000_000))
        .interceptor(RateLimit::per_caller(NonZeroU32::MAX))
}

fn auth(builder: ServerBuilder) -> ServerBuilder {
    let tokens = (0..10).map(|n| (format!("caller {n}"), format!("{n}{TOKEN}")));
    builder
        .interceptor(WithToken)
        .interceptor(BearerAuth::tokens(tokens.chain([("bench".into(), TOKEN.into())])))
}

pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Adds the token that the client, which is bare, does not send.
struct WithToken;

impl Interceptor for WithToken {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        let added = call.metadata_mut().add("authorization", format!("Bearer {TOKEN}"));
        added.map_err(|error| Status::internal(error.to_string()))
    }
}

/// Has every line of the log formatted, and dropped.
pub fn discard_log() {
    log::set_logger(&Discard).expect("there is no other");
    log::set_max_level(LevelFilter::Info);
}

/// Formats, as a log does, and drops the line.
struct Discard;

impl Log for Discard {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        std::hint::black_box(record.args().to_string());
    }

    fn flush(&self) {}
}

struct Ours;

impl ChatService for Ours {
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        Ok(request.into_inner().into())
    }

    async fn broadcast_messages(
        &self,
        request: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        Ok(Response::new(messages(&request.into_inner()).map(Ok)))
    }

    async fn upload_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        let mut upload = request.into_inner();
        while upload.message().await?.is_some() {}
        Ok(Message::default().into())
    }

    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}
