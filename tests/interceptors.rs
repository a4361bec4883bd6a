//! Interceptors see, change and refuse calls of every style, on both sides.

use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use chat::{Chat, ChatServiceClient, message};
use futures::TryStreamExt;
use quartet::channel::Channel;
use quartet::interceptors::EchoRequestId;
use quartet::rpc::{Call, Code, End, Interceptor, Request, Side, Status, Traffic};

use crate::support::{Served, run, serve_with};

/// What an interceptor saw at the end of a call.
#[derive(Debug)]
struct Seen {
    side: Side,
    method: &'static str,
    code: Code,
    sent: Traffic,
    received: Traffic,
    peer: String,
}

/// Reports each call at its end.
struct Report(Mutex<Sender<Seen>>);

fn report() -> (Report, Receiver<Seen>) {
    let (sender, receiver) = mpsc::channel();
    (Report(Mutex::new(sender)), receiver)
}

impl Interceptor for Report {
    fn after(&self, call: &Call, end: &mut End) {
        let seen = Seen {
            side: call.side(),
            method: call.method(),
            code: end.status.code(),
            sent: end.sent,
            received: end.received,
            peer: call.peer(),
        };
        // A test that has seen enough no longer listens.
        let _ = self.0.lock().unwrap().send(seen);
    }
}

fn next(seen: &Receiver<Seen>) -> Seen {
    seen.recv_timeout(Duration::from_secs(10)).expect("an interceptor is told of the end")
}

fn serve(interceptor: impl Interceptor) -> Served {
    let chat = Chat::default().pace(Duration::ZERO);
    serve_with(chat, |builder| builder.interceptor(interceptor))
}

fn client(served: &Served, interceptor: impl Interceptor) -> ChatServiceClient {
    let channel = Channel::builder(&served.target).interceptor(interceptor).build();
    ChatServiceClient::new(channel)
}

async fn all_four(client: &ChatServiceClient) {
    client.say_hello(message("Ada", "x")).await.unwrap();
    let broadcast = client.broadcast_messages(message("Ada", "x")).unwrap();
    broadcast.try_collect::<Vec<_>>().await.unwrap();
    let (mut sender, reply) = client.upload_stream(()).unwrap();
    for _ in 0..3 {
        sender.send(message("Ada", "x")).await.unwrap();
    }
    sender.close().await;
    reply.await.unwrap();
    let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
    for _ in 0..2 {
        sender.send(message("Ada", "x")).await.unwrap();
        echoes.message().await.unwrap();
    }
    sender.close().await;
    assert_eq!(echoes.message().await.unwrap(), None);
}

#[test]
fn every_style_is_seen_with_its_traffic_on_both_sides() {
    let (on_server, server_saw) = report();
    let (on_client, client_saw) = report();
    let served = serve(on_server);
    run(all_four(&client(&served, on_client)));
    for (method, requests, replies) in [
        ("/chat.ChatService/SayHello", 1, 1),
        ("/chat.ChatService/BroadcastMessages", 1, 4),
        ("/chat.ChatService/UploadStream", 3, 1),
        ("/chat.ChatService/ChatStream", 2, 2),
    ] {
        let (server, client) = (next(&server_saw), next(&client_saw));
        assert_eq!((server.side, client.side), (Side::Server, Side::Client));
        assert_eq!((server.method, client.method), (method, method));
        assert_eq!((server.code, client.code), (Code::Ok, Code::Ok));
        // A message of user `Ada` and content `x` has 8 bytes.
        let expected = Traffic { messages: requests, bytes: 8 * requests };
        assert_eq!((server.received, client.sent), (expected, expected), "{method}");
        assert_eq!(server.sent.messages, replies, "{method}");
        assert_eq!(server.sent, client.received, "{method}");
        assert!(server.peer.starts_with("ipv4:127.0.0.1:"), "{server:?}");
        assert_eq!(client.peer, served.target);
    }
}

#[test]
fn a_call_that_is_dropped_is_seen_as_cancelled() {
    let (on_server, server_saw) = report();
    let (on_client, client_saw) = report();
    let served = serve(on_server);
    let client = client(&served, on_client);
    let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
    run(async {
        sender.send(message("", "")).await.unwrap();
        echoes.message().await.unwrap();
    });
    drop((sender, echoes));
    assert_eq!(next(&client_saw).code, Code::Cancelled);
    assert_eq!(next(&server_saw).code, Code::Cancelled);
}

/// Lets in who knows the word, and marks what passes.
struct Guard;

impl Interceptor for Guard {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        match call.metadata().get("authorization") {
            Some("Bearer sesame") => Ok(()),
            _ => Err(Status::unauthenticated("say the word")),
        }
    }
}

struct SayTheWord;

impl Interceptor for SayTheWord {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        let added = call.metadata_mut().add("authorization", "Bearer sesame");
        added.map_err(|error| Status::internal(error.to_string()))
    }
}

#[test]
fn a_server_refuses_and_a_client_adds_metadata() {
    let served = serve(Guard);
    let stranger = served.client();
    run(async {
        let unary = stranger.say_hello(message("", "")).await.unwrap_err();
        let mut broadcast = stranger.broadcast_messages(message("", "")).unwrap();
        let server_streaming = broadcast.message().await.unwrap_err();
        let (_sender, reply) = stranger.upload_stream(()).unwrap();
        let client_streaming = reply.await.unwrap_err();
        let (_sender, mut echoes) = stranger.chat_stream(()).unwrap();
        let bidi = echoes.message().await.unwrap_err();
        for status in [unary, server_streaming, client_streaming, bidi] {
            assert_eq!((status.code(), status.message()), (Code::Unauthenticated, "say the word"));
        }
        all_four(&client(&served, SayTheWord)).await;
    });
}

/// Replaces every status.
struct Replace;

impl Interceptor for Replace {
    fn after(&self, _: &Call, end: &mut End) {
        let was = end.status.code();
        end.status = Status::data_loss(format!("was {was}"));
    }
}

#[test]
fn a_status_is_replaced_on_either_side() {
    let on_server = serve(Replace);
    let plain = serve_with(Chat::default().pace(Duration::ZERO), |builder| builder);
    for client in [on_server.client(), client(&plain, Replace)] {
        run(async {
            let unary = client.say_hello(message("", "")).await.unwrap_err();
            let broadcast = client.broadcast_messages(message("", "")).unwrap();
            let server_streaming = broadcast.try_collect::<Vec<_>>().await.unwrap_err();
            let (mut sender, reply) = client.upload_stream(()).unwrap();
            sender.close().await;
            let client_streaming = reply.await.unwrap_err();
            let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
            sender.close().await;
            let bidi = echoes.message().await.unwrap_err();
            for status in [unary, server_streaming, client_streaming, bidi] {
                assert_eq!((status.code(), status.message()), (Code::DataLoss, "was OK"));
            }
        });
    }
}

/// What an interceptor of the server adds at the end leaves with the trailers.
#[test]
fn a_request_id_comes_back_in_the_trailers_of_every_style() {
    let served = serve(EchoRequestId);
    let client = served.client();
    fn with_id<T>(body: T) -> Request<T> {
        let mut request = Request::new(body);
        request.metadata_mut().add("x-request-id", "17").unwrap();
        request
    }
    run(async {
        let hello = client.say_hello(with_id(message("", ""))).await.unwrap();
        let mut broadcast = client.broadcast_messages(with_id(message("", ""))).unwrap();
        while broadcast.message().await.unwrap().is_some() {}
        let (mut sender, reply) = client.upload_stream(with_id(())).unwrap();
        sender.close().await;
        let upload = reply.await.unwrap();
        let (mut sender, mut chat) = client.chat_stream(with_id(())).unwrap();
        sender.close().await;
        while chat.message().await.unwrap().is_some() {}
        for trailers in [hello.trailers(), broadcast.trailers(), upload.trailers(), chat.trailers()]
        {
            assert_eq!(trailers.get_all("x-request-id").collect::<Vec<_>>(), [b"17"]);
        }
    });
}

/// A client that refuses a call sends nothing.
struct Refuse;

impl Interceptor for Refuse {
    fn before(&self, _: &mut Call) -> Result<(), Status> {
        Err(Status::resource_exhausted("not now"))
    }
}

#[test]
fn a_client_refuses_and_the_server_never_hears_of_it() {
    let (on_server, server_saw) = report();
    let served = serve(on_server);
    let client = client(&served, Refuse);
    let status = run(client.say_hello(message("", ""))).unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, "not now"));
    assert!(client.upload_stream(()).is_err());
    run(served.client().say_hello(message("", ""))).unwrap();
    assert_eq!(next(&server_saw).received.messages, 1);
    assert!(server_saw.try_recv().is_err(), "the refused calls reached the server");
}

/// Reports who called.
struct Who(Mutex<Sender<Vec<String>>>);

impl Interceptor for Who {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        let _ = self.0.lock().unwrap().send(call.identity());
        Ok(())
    }
}

#[test]
fn the_identity_is_the_one_of_the_certificate() {
    use chat::ChatServiceServer;
    use grpcio::{CertificateRequestType, ChannelCredentialsBuilder, ServerCredentialsBuilder};
    use quartet::server::Server;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "an authority");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let certified = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        (certificate.pem().into_bytes(), key.serialize_pem().into_bytes())
    };
    let root = authority.pem().into_bytes();
    let (sender, seen) = mpsc::channel();
    let (certificate, key) = certified("localhost");
    let credentials = ServerCredentialsBuilder::new()
        .root_cert(
            root.clone(),
            CertificateRequestType::RequestAndRequireClientCertificateAndVerify,
        )
        .add_cert(certificate, key)
        .build();
    let server = Server::builder()
        .listen_with_verified("127.0.0.1:0".parse().unwrap(), credentials)
        .service(ChatServiceServer::new(Chat::default()))
        .interceptor(Who(Mutex::new(sender)))
        .start()
        .unwrap();
    let (certificate, key) = certified("ada.example");
    let credentials = move || {
        ChannelCredentialsBuilder::new()
            .root_cert(root.clone())
            .cert(certificate.clone(), key.clone())
            .build()
    };
    let port = server.addresses()[0].to_string();
    let target = port.replace("127.0.0.1", "localhost");
    let client = ChatServiceClient::new(Channel::builder(target).credentials(credentials).build());
    run(client.say_hello(message("", ""))).unwrap();
    assert_eq!(seen.recv_timeout(Duration::from_secs(5)).unwrap(), ["ada.example"]);

    let (sender, seen) = mpsc::channel();
    let plain = serve(Who(Mutex::new(sender)));
    run(plain.client().say_hello(message("", ""))).unwrap();
    assert!(seen.recv_timeout(Duration::from_secs(5)).unwrap().is_empty());
}
