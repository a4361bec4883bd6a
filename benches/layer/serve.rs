//! The service on our layer: greets, counts uploads, sends as many messages as asked, echoes.

use futures::{Stream, StreamExt};
use log::{LevelFilter, Log, Metadata, Record};
use quartet::Window;
use quartet::chat::{ChatService, ChatServiceServer, Message};
use quartet::interceptors::LogCalls;
use quartet::rpc::{Request, Response, Status, Streaming};
use quartet::server::Server;

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
            log::set_logger(&Discard).expect("there is no other");
            log::set_max_level(LevelFilter::Info);
            builder.interceptor(LogCalls)
        }
        "quartet+one" => builder.exactly_one_request(true),
        "quartet+adaptive" => builder.window(Window::Adaptive),
        _ => builder,
    };
    let server = builder.start().expect("it starts");
    println!("{}", server.addresses()[0]);
    server
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
