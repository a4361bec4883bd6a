//! TLS and mTLS: who is trusted, what is refused at the start, and what a reload may change.

mod callers;
mod files;
mod handshakes;
mod programs;
mod reload;
mod renewed_clients;

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use chat::{Chat, ChatServiceClient, ChatServiceServer, Message, message};
use futures::TryStreamExt;
use quartet::channel::Channel;
use quartet::rpc::{Code, Request, Response, Status};
use quartet::server::{Address, Server, ServerBuilder};
use quartet::tls::{ClientTls, ServerTls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};

use crate::support::hello::Hello;
use crate::support::run;

/// A server with this TLS, and its target by name.
fn serve(tls: &ServerTls) -> (Server, String) {
    let chat = Chat::default().pace(Duration::ZERO);
    started(Server::builder().listen_tls(any_port(), tls).service(ChatServiceServer::new(chat)))
}

/// A server that answers with the names of its caller.
fn serve_names(with: impl FnOnce(ServerBuilder) -> ServerBuilder) -> (Server, String) {
    let names = |request: Request<Message>| async move {
        Ok::<_, Status>(Response::new(message("", request.identity().join(" "))))
    };
    started(with(Server::builder().service(ChatServiceServer::new(Hello(names)))))
}

fn started(builder: ServerBuilder) -> (Server, String) {
    let server = builder.start().unwrap();
    let target = server.addresses()[0].to_string().replace("127.0.0.1", "localhost");
    (server, target)
}

fn any_port() -> Address {
    "127.0.0.1:0".parse().unwrap()
}

fn client(target: &str, tls: &ClientTls) -> ChatServiceClient {
    ChatServiceClient::new(Channel::builder(target).tls(tls).build())
}

/// What a client gets that says hello.
fn hello(target: &str, tls: &ClientTls) -> Result<String, Status> {
    let reply = run(client(target, tls).say_hello(message("Ada", "")));
    reply.map(|reply| reply.into_inner().content)
}

/// That hello is refused before it becomes a call, with this in the message.
#[track_caller]
fn unreachable(target: &str, tls: &ClientTls, why: &str) {
    let status = hello(target, tls).expect_err("the server is trusted");
    let message = status.message().to_ascii_lowercase().replace('_', " ");
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert!(message.contains(why), "expected `{why}` in: {message}");
}

async fn all_four(client: &ChatServiceClient) {
    client.say_hello(message("Ada", "x")).await.unwrap();
    let broadcast = client.broadcast_messages(message("Ada", "x")).unwrap();
    assert_eq!(broadcast.try_collect::<Vec<_>>().await.unwrap().len(), 4);
    let (mut sender, reply) = client.upload_stream(()).unwrap();
    sender.send(message("Ada", "x")).await.unwrap();
    sender.close().await;
    reply.await.unwrap();
    let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
    sender.send(message("Ada", "x")).await.unwrap();
    assert!(echoes.message().await.unwrap().is_some());
    sender.close().await;
    assert_eq!(echoes.message().await.unwrap(), None);
}

/// The certificate that a new connection is served, in DER, seen with rustls.
fn served(target: &str, ca: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes())?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from("localhost")?;
    let mut connection = rustls::ClientConnection::new(Arc::new(config), name)?;
    let mut socket = TcpStream::connect(target.replace("localhost", "127.0.0.1"))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    let chain = connection.peer_certificates().ok_or("no certificate")?;
    Ok(chain[0].to_vec())
}
