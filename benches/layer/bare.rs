//! The service on bare grpcio, as alike to ours as can be. It knows nothing of quartet, so that
//! `benches/unseamed` can be built of it without the seam.

use std::sync::Arc;

use futures::{SinkExt, Stream, StreamExt, TryStreamExt, stream};
use grpcio::{
    ChannelBuilder, ClientStreamingSink, DuplexSink, EnvBuilder, RequestStream, RpcContext,
    ServerCredentials, ServerStreamingSink, UnarySink, WriteFlags,
};
use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;

use chat::{Message, bare};

/// As many messages as the content says, for as long as they are taken.
pub fn messages(request: &Message) -> impl Stream<Item = Message> + use<> {
    let count = request.content.parse().unwrap_or(usize::MAX);
    let length = if request.user == "bulk" { 64 << 10 } else { 1000 };
    let message = Message { content: "x".repeat(length), ..Message::default() };
    stream::repeat(message).take(count)
}

/// Starts a server, says where it listens, and keeps it until SIGTERM.
pub fn until_told<S>(start: impl FnOnce() -> S) {
    let mut signals = Signals::new([SIGTERM]).expect("signals can be caught");
    let _server = start();
    signals.forever().next();
    // Callgrind writes its profile at an ordinary end.
    std::process::exit(0);
}

/// Serves with these settings.
pub fn serve(settings: impl FnOnce(ChannelBuilder) -> ChannelBuilder) {
    until_told(|| server(settings));
}

fn server(settings: impl FnOnce(ChannelBuilder) -> ChannelBuilder) -> grpcio::Server {
    let environment = Arc::new(EnvBuilder::new().cq_count(1).build());
    let arguments = settings(ChannelBuilder::new(environment.clone()));
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
