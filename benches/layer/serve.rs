//! The service on both, as alike as can be: greets, counts uploads, sends as many messages as
//! asked, echoes.

use std::sync::Arc;

use futures::{SinkExt, Stream, StreamExt, TryStreamExt, stream};
use grpcio::{
    ChannelBuilder, ClientStreamingSink, DuplexSink, EnvBuilder, RequestStream, RpcContext,
    ServerCredentials, ServerStreamingSink, UnarySink, WriteFlags,
};
use log::{LevelFilter, Log, Metadata, Record};
use quartet::Window;
use quartet::chat::{ChatService, ChatServiceServer, Message, bare};
use quartet::rpc::{LogCalls, Request, Response, Status, Streaming};
use quartet::server::Server;
use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;

pub fn serve(variant: &str) {
    let mut signals = Signals::new([SIGTERM]).expect("signals can be caught");
    let _server: Box<dyn std::any::Any> = match variant.strip_prefix("bare") {
        Some(settings) => Box::new(bare_server(!settings.is_empty())),
        None => Box::new(quartet_server(variant)),
    };
    signals.forever().next();
    // Callgrind writes its profile at an ordinary end.
    std::process::exit(0);
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

/// As many messages as the content says, for as long as they are taken.
fn messages(request: &Message) -> impl Stream<Item = Message> + use<> {
    let count = request.content.parse().unwrap_or(usize::MAX);
    let length = if request.user == "bulk" { 64 << 10 } else { 1000 };
    let message = Message { content: "x".repeat(length), ..Message::default() };
    stream::repeat(message).take(count)
}

fn bare_server(with_our_settings: bool) -> grpcio::Server {
    let environment = Arc::new(EnvBuilder::new().cq_count(1).build());
    let arguments =
        super::call::settings(ChannelBuilder::new(environment.clone()), with_our_settings);
    let mut server = grpcio::ServerBuilder::new(environment)
        .channel_args(arguments.build_args())
        .register_service(bare::create_chat_service(Bare))
        .build()
        .expect("it builds");
    let port = server.add_listening_port("127.0.0.1:0", ServerCredentials::insecure());
    server.start();
    println!("127.0.0.1:{}", port.expect("a port"));
    server
}

#[derive(Clone)]
struct Bare;

impl bare::ChatService for Bare {
    fn say_hello(&mut self, context: RpcContext<'_>, request: Message, sink: UnarySink<Message>) {
        context.spawn(async move {
            let _ = sink.success(request).await;
        });
    }

    fn broadcast_messages(
        &mut self,
        context: RpcContext<'_>,
        request: Message,
        mut sink: ServerStreamingSink<Message>,
    ) {
        sink.enhance_batch(true);
        let mut messages = messages(&request).map(|message| Ok((message, WriteFlags::default())));
        context.spawn(async move {
            let _ = sink.send_all(&mut messages).await;
            let _ = sink.close().await;
        });
    }

    fn upload_stream(
        &mut self,
        context: RpcContext<'_>,
        mut requests: RequestStream<Message>,
        sink: ClientStreamingSink<Message>,
    ) {
        context.spawn(async move {
            while let Ok(Some(_)) = requests.try_next().await {}
            let _ = sink.success(Message::default()).await;
        });
    }

    fn chat_stream(
        &mut self,
        context: RpcContext<'_>,
        requests: RequestStream<Message>,
        mut sink: DuplexSink<Message>,
    ) {
        context.spawn(async move {
            let mut echoes = requests.map_ok(|message| (message, WriteFlags::default()));
            let _ = sink.send_all(&mut echoes).await;
            let _ = sink.close().await;
        });
    }
}
