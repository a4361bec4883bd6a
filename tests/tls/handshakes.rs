//! Whom a client trusts.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use chat::{Chat, ChatServiceClient, ChatServiceServer, message};
use grpcio::{ServerCredentials, ServerCredentialsBuilder};
use quartet::channel::Channel;
use quartet::rpc::Code;
use quartet::server::Server;
use quartet::tls::ClientTls;

use super::{all_four, any_port, client, hello, serve, started, unreachable};
use crate::support::certificates::{
    Authority, Certified, Folder, expired, not_yet_valid, self_signed,
};
use crate::support::run;

fn setting() -> (Authority, Folder) {
    let authority = Authority::new("An Authority");
    let folder = Folder::of(&authority.certify(&["localhost"]), &authority);
    (authority, folder)
}

#[test]
fn all_styles_over_tls_and_mtls() {
    let (_, folder) = setting();
    let (_tls, target) = serve(&folder.server().unwrap());
    run(all_four(&client(&target, &folder.trusting_client())));
    // A certificate that nobody asks for has no effect.
    run(all_four(&client(&target, &folder.client())));
    let (_mutual, target) = serve(&folder.mutual().unwrap());
    run(all_four(&client(&target, &folder.client())));
}

#[test]
fn a_socket_file_with_tls() {
    let (_, folder) = setting();
    let address = format!("unix:{}", folder.text("chat.sock"));
    let _server = Server::builder()
        .listen_tls(address.parse().unwrap(), &folder.server().unwrap())
        .service(ChatServiceServer::new(Chat::default()))
        .start()
        .unwrap();
    let channel =
        Channel::builder(&address).tls(&folder.trusting_client()).server_name("localhost");
    run(ChatServiceClient::new(channel.build()).say_hello(message("Ada", ""))).unwrap();
}

#[test]
fn the_wrong_ca_the_wrong_name_and_no_tls() {
    let (authority, folder) = setting();
    let (_server, target) = serve(&folder.server().unwrap());
    let stranger = Authority::new("A Stranger");
    folder.write("other.pem", stranger.pem());
    let trusts_other = ClientTls::builder().ca(folder.file("other.pem")).load().unwrap();
    unreachable(&target, &trusts_other, "certificate verify failed");
    unreachable(&target, &ClientTls::builder().load().unwrap(), "");
    let plain = run(ChatServiceClient::new(Channel::to(&target)).say_hello(message("Ada", "")));
    assert_eq!(plain.unwrap_err().code(), Code::Unavailable);

    let elsewhere = Folder::of(&authority.certify(&["chat.example"]), &authority);
    let (_server, target) = serve(&elsewhere.server().unwrap());
    unreachable(&target, &folder.trusting_client(), "is not in peer certificate");
    let named =
        Channel::builder(&target).tls(&folder.trusting_client()).server_name("chat.example");
    run(ChatServiceClient::new(named.build()).say_hello(message("Ada", ""))).unwrap();

    let (_plain, target) = started(
        Server::builder().listen(any_port()).service(ChatServiceServer::new(Chat::default())),
    );
    unreachable(&target, &folder.trusting_client(), "wrong version number");
}

#[test]
fn a_self_signed_certificate_is_trusted_where_it_is_the_ca() {
    let own = self_signed(&["localhost"]);
    let folder = Folder::new();
    folder.put(&own);
    folder.write("ca.pem", &own.certificate);
    let (_server, target) = serve(&folder.server().unwrap());
    assert!(hello(&target, &folder.trusting_client()).is_ok());
    folder.write("ca.pem", Authority::new("An Authority").pem());
    unreachable(&target, &folder.trusting_client(), "certificate verify failed");
}

/// Our own server refuses to serve these, so grpcio's does.
#[test]
fn a_server_whose_certificate_is_not_valid_today() {
    let (authority, folder) = setting();
    for with in [expired, not_yet_valid] {
        let Certified { certificate, key, .. } = authority.certify_with(&["localhost"], with);
        let credentials: ServerCredentials =
            ServerCredentialsBuilder::new().add_cert(certificate.into(), key.into()).build();
        let (_server, target) = started(
            Server::builder()
                .listen_with(any_port(), credentials)
                .service(ChatServiceServer::new(Chat::default())),
        );
        unreachable(&target, &folder.trusting_client(), "certificate verify failed");
    }
}

#[test]
fn a_chain_with_a_ca_between() {
    let root = Authority::new("Root");
    let below = root.below("Below");
    let mut certified = below.certify(&["localhost"]);
    certified.certificate += &below.pem();
    let folder = Folder::of(&certified, &root);
    let (_server, target) = serve(&folder.mutual().unwrap());
    assert!(hello(&target, &folder.client()).is_ok());
}

/// A hello of TLS 1.2 is answered by the server's (RFC 5246), the same of 1.1 by the end.
#[test]
fn tls_1_1_is_refused() {
    let (_, folder) = setting();
    let (_server, target) = serve(&folder.server().unwrap());
    // ECDHE-ECDSA with AES-128-GCM and with AES-256-CBC; no compression; P-256, with SHA-256.
    let ciphers = [0, 4, 0xc0, 0x2b, 0xc0, 0x0a, 1, 0];
    let extensions = [0, 16, 0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 4, 0, 2, 4, 3];
    let answer = |version: u8| {
        let hello = [&[3, version][..], &[7; 32], &[0], &ciphers, &extensions].concat();
        let handshake = [&[1, 0, 0, hello.len() as u8][..], &hello].concat();
        let record = [&[22, 3, 1, 0, handshake.len() as u8][..], &handshake].concat();
        let mut socket = TcpStream::connect(target.replace("localhost", "127.0.0.1")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket.write_all(&record).unwrap();
        let mut kind = [0];
        socket.read(&mut kind).map(|length| kind[..length].to_vec()).unwrap()
    };
    let a_handshake = [22];
    assert_eq!(answer(3), a_handshake);
    let refused = answer(2);
    assert_ne!(refused, a_handshake, "a server hello answers TLS 1.1");
}
