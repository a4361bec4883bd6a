//! Compression per channel, server, call and message; seen on the wire, and bounded.

use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use chat::{ChatService, ChatServiceClient, Message, message};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use protobuf::Message as _;
use quartet::channel::{Channel, ChannelBuilder};
use quartet::rpc::{Code, Compression, Request, Response, Status, Streaming};
use quartet::server::ServerBuilder;

use crate::support::hello::Hello;
use crate::support::http2::{Connection, END_STREAM, call};
use crate::support::process::start_server;
use crate::support::relay::{Relay, relay};
use crate::support::{Served, core_major, run, serve_with};

const LENGTH: usize = 100_000;
/// Far less than a message, and far more than one that is compressed.
const FEW: u64 = 5_000;

fn long() -> Message {
    message("", "x".repeat(LENGTH))
}

/// Answers with long messages, and reports which requests came compressed.
struct Long {
    seen: Mutex<Sender<bool>>,
    compression: Option<Compression>,
}

impl Long {
    fn saw(&self, compressed: bool) {
        let _ = self.seen.lock().unwrap().send(compressed);
    }

    fn reply<T>(&self, body: T) -> Response<T> {
        let mut response = Response::new(body);
        if let Some(compression) = self.compression {
            response.set_compression(compression);
        }
        response
    }
}

impl ChatService for Long {
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        self.saw(request.compressed());
        if request.get_ref().user == "plain" {
            request.compressor().unwrap().set(false);
        }
        Ok(self.reply(long()))
    }

    /// A message that is compressed, and one that is not, in turns.
    async fn broadcast_messages(
        &self,
        request: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        self.saw(request.compressed());
        let compressor = request.compressor().unwrap();
        let messages = stream::iter([true, false, true, false]).map(move |compress| {
            compressor.set(compress);
            Ok(long())
        });
        Ok(self.reply(messages))
    }

    async fn upload_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        let mut upload = request.into_inner();
        while upload.message().await?.is_some() {
            self.saw(upload.compressed());
        }
        Ok(self.reply(long()))
    }

    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        Ok(self.reply(request.into_inner()))
    }
}

struct Setup {
    _served: Served,
    relay: Relay,
    seen: Receiver<bool>,
    client: ChatServiceClient,
}

fn setup(
    compression: Option<Compression>,
    server: impl FnOnce(ServerBuilder) -> ServerBuilder,
    channel: impl FnOnce(ChannelBuilder) -> ChannelBuilder,
) -> Setup {
    let (sender, seen) = mpsc::channel();
    let served = serve_with(Long { seen: Mutex::new(sender), compression }, server);
    let relay = relay(&served.target);
    let client = ChatServiceClient::new(channel(Channel::builder(&relay.address)).build());
    Setup { _served: served, relay, seen, client }
}

impl Setup {
    fn seen(&self) -> bool {
        self.seen.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    /// Checks how much went up and down since the last time: much, or little.
    fn passed(&self, up_is_little: bool, down_is_little: bool) {
        let (up, down) = self.relay.taken();
        assert_eq!(up < FEW, up_is_little, "{up} bytes went up");
        assert_eq!(down < FEW, down_is_little, "{down} bytes came down");
    }
}

/// A client that does not say that it accepts a compression is not sent it.
#[test]
fn a_server_keeps_to_what_the_client_accepts() {
    let (sender, _seen) = mpsc::channel();
    let long = Long { seen: Mutex::new(sender), compression: Some(Compression::Gzip) };
    let served = serve_with(long, |server| server.compression(Compression::Deflate));
    let mut connection = Connection::open(&served.target);
    let request = message("", "").write_to_bytes().unwrap();
    for (stream, path) in [(1, "SayHello"), (11, "BroadcastMessages"), (21, "UploadStream")] {
        let path = format!("/chat.ChatService/{path}");
        for (n, (accepted, encoding)) in [
            ("", None),
            ("identity", None),
            ("foo", None),
            ("deflate", Some("deflate")),
            ("gzip,deflate", Some("gzip")),
        ]
        .into_iter()
        .enumerate()
        {
            let stream = stream + 2 * n as u32;
            let accepts = [("grpc-accept-encoding", accepted.as_bytes())];
            connection.headers(stream, &call(&path, &accepts), 0);
            connection.message(stream, &request, END_STREAM);
            let [seen] = connection.finish([stream]);
            let sent = seen.header("grpc-encoding").filter(|encoding| *encoding != "identity");
            assert_eq!(sent, encoding, "{path}, accepting {accepted:?}");
            assert_eq!(seen.data[0] == 1, encoding.is_some(), "{path}, accepting {accepted:?}");
        }
    }
}

#[test]
fn nothing_is_compressed_unless_it_is_asked_for() {
    let setup = setup(None, |server| server, |channel| channel);
    let response = run(setup.client.say_hello(long())).unwrap();
    assert!(!setup.seen() && !response.compressed());
    setup.passed(false, false);
}

#[test]
fn a_channel_and_a_server_compress_every_message_if_they_are_told() {
    for compression in [Compression::Gzip, Compression::Deflate] {
        let setup = setup(
            None,
            |server| server.compression(compression),
            |channel| channel.compression(compression),
        );
        let response = run(setup.client.say_hello(long())).unwrap();
        assert!(setup.seen() && response.compressed(), "{compression:?}");
        assert_eq!(response.get_ref(), &long());
        setup.passed(true, true);
    }
}

#[test]
fn a_call_compresses_by_itself() {
    let setup = setup(Some(Compression::Gzip), |server| server, |channel| channel);
    let mut request = Request::new(long());
    request.set_compression(Compression::Deflate);
    let response = run(setup.client.say_hello(request)).unwrap();
    assert!(setup.seen() && response.compressed());
    assert_eq!(response.get_ref(), &long());
    setup.passed(true, true);
}

#[test]
fn a_call_and_a_message_are_left_out() {
    let gzip = Compression::Gzip;
    let setup = setup(None, |server| server.compression(gzip), |channel| channel.compression(gzip));
    let mut request = Request::new(message("plain", "x".repeat(LENGTH)));
    request.set_compresses(false);
    let response = run(setup.client.say_hello(request)).unwrap();
    assert!(!setup.seen() && !response.compressed());
    setup.passed(false, false);
}

#[test]
fn each_message_of_a_stream_is_compressed_or_not() {
    let gzip = Compression::Gzip;
    let setup = setup(None, |server| server.compression(gzip), |channel| channel.compression(gzip));
    run(async {
        let mut broadcast = setup.client.broadcast_messages(message("", "")).unwrap();
        for compressed in [true, false, true, false] {
            assert_eq!(broadcast.message().await.unwrap(), Some(long()));
            assert_eq!(broadcast.compressed(), compressed);
        }
        setup.seen();

        let (mut sender, reply) = setup.client.upload_stream(()).unwrap();
        for compress in [false, true, true, false] {
            sender.set_compresses(compress);
            sender.send(long()).await.unwrap();
            assert_eq!(setup.seen(), compress);
        }
        sender.close().await;
        assert!(reply.await.unwrap().compressed());
    });
}

#[test]
fn a_stream_whose_headers_go_ahead_is_compressed() {
    let setup = setup(None, |server| server.compression(Compression::Gzip), |channel| channel);
    run(async {
        let (mut sender, mut echoes) = setup.client.chat_stream(()).unwrap();
        echoes.headers().await;
        sender.send(long()).await.unwrap();
        assert_eq!(echoes.message().await.unwrap(), Some(long()));
        assert!(echoes.compressed(), "the echo came as it is");
    });
}

#[test]
fn a_compressed_bomb_is_refused_on_either_side_in_every_style() {
    let gzip = Compression::Gzip;
    let setup = setup(None, |server| server.compression(gzip), |channel| channel.compression(gzip));
    let bomb = || message("", "x".repeat(64 << 20));
    run(async {
        let unary = setup.client.say_hello(bomb()).await.unwrap_err();
        let broadcast = setup.client.broadcast_messages(bomb()).unwrap();
        let server_streaming = broadcast.try_collect::<Vec<_>>().await.unwrap_err();
        let (mut sender, reply) = setup.client.upload_stream(()).unwrap();
        let _ = sender.send(bomb()).await;
        let client_streaming = reply.await.unwrap_err();
        let (mut sender, mut echoes) = setup.client.chat_stream(()).unwrap();
        let _ = sender.send(bomb()).await;
        let bidi = echoes.message().await.unwrap_err();
        for status in [unary, server_streaming, client_streaming, bidi] {
            assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
            assert!(status.message().contains("longer than"), "{status}");
        }
    });
    let small =
        ChatServiceClient::new(Channel::builder(&setup.relay.address).max_receive(1000).build());
    let status = run(small.say_hello(message("", ""))).unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
}

#[test]
fn the_limit_holds_at_every_length() {
    let gzip = Compression::Gzip;
    // Both fields of the message take two bytes more than their text.
    let of = |length: usize| message("", "x".repeat(length - 2));
    for limit in [0, 1, 100, i32::MAX as usize, u32::MAX as usize, usize::MAX - 1, usize::MAX] {
        let served = serve_with(
            Hello(async |request: Request<Message>| Ok(Response::new(request.into_inner()))),
            |server| server.max_receive(limit).compression(gzip),
        );
        let channel = Channel::builder(&served.target).max_receive(limit).compression(gzip);
        let client = ChatServiceClient::new(channel.build());
        for length in [0, 100, 101, 5000] {
            let sent = if length == 0 { Message::default() } else { of(length) };
            let received = run(client.say_hello(sent.clone()));
            match length <= limit {
                true => assert_eq!(received.unwrap().get_ref(), &sent, "{length} of {limit}"),
                false => {
                    let status = received.unwrap_err();
                    let code = status.code();
                    assert_eq!(code, Code::ResourceExhausted, "{length} of {limit}: {status}");
                }
            }
        }
    }
}

#[test]
fn the_largest_limit_is_one_by_its_flag_too() {
    let most = usize::MAX.to_string();
    let (_server, target) = start_server(&["--listen", "127.0.0.1:0", "--max-message", &most]);
    let channel = Channel::builder(target).max_receive(usize::MAX).compression(Compression::Gzip);
    let client = ChatServiceClient::new(channel.build());
    let reply = run(client.say_hello(message("Ada", ""))).expect("a reply").into_inner();
    assert!(reply.content.contains("Ada"), "{reply:?}");
}

/// The trap itself, on bare grpcio: what is asked to be compressed is not, with the bundled
/// core. (Debian's core compresses.)
#[test]
fn bare_grpcio_compresses_nothing_on_the_bundled_core() {
    if core_major() != 33 {
        return;
    }
    let (sender, _seen) = mpsc::channel();
    let served = serve_with(Long { seen: Mutex::new(sender), compression: None }, |server| server);
    let relay = relay(&served.target);
    let environment = std::sync::Arc::new(grpcio::Environment::new(1));
    let channel = grpcio::ChannelBuilder::new(environment)
        .default_compression_algorithm(grpcio::CompressionAlgorithms::GRPC_COMPRESS_GZIP)
        .set_credentials(grpcio::ChannelCredentials::insecure())
        .connect(&relay.address);
    let client = chat::bare::ChatServiceClient::new(channel);
    run(client.say_hello_async(&long()).unwrap()).unwrap();
    let (up, _) = relay.taken();
    assert!(up > LENGTH as u64, "bare grpcio has compressed: {up} bytes");
}
