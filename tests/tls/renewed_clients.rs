//! What a running client's files may become.

use std::thread;
use std::time::{Duration, Instant};

use chat::message;

use super::{any_port, client, serve, serve_names};
use crate::support::certificates::{Authority, Folder};
use crate::support::run;

#[test]
fn new_calls_show_the_new_certificate_and_running_ones_go_on() {
    let authority = Authority::new("An Authority");
    let server = Folder::of(&authority.certify(&["localhost"]), &authority);
    let (_server, target) =
        serve_names(|builder| builder.listen_tls(any_port(), &server.mutual().unwrap()));
    let folder = Folder::of(&authority.certify(&["ada.example"]), &authority);
    let tls = folder.client();
    let client = client(&target, &tls);
    let name = || run(client.say_hello(message("", ""))).unwrap().into_inner().content;
    assert_eq!(name(), "ada.example");
    let (mut sender, mut echoes) = client.chat_stream(()).unwrap();
    folder.put(&authority.certify(&["ada.example", "new.example"]));
    assert!(tls.reload().unwrap());
    assert_eq!(name(), "ada.example new.example");
    folder.write("key.pem", "rubbish");
    tls.reload().unwrap_err();
    folder.put(&authority.certify(&["bob.example"]));
    let error = tls.reload().unwrap_err().to_string();
    assert!(error.contains("bob.example"), "{error}");
    assert_eq!(name(), "ada.example new.example");
    run(async {
        sender.send(message("", "still here")).await.unwrap();
        assert_eq!(echoes.message().await.unwrap().unwrap().content, "still here");
        sender.close().await;
        assert_eq!(echoes.message().await.unwrap(), None);
    });
    folder.put(&authority.certify(&["ada.example", "watched.example"]));
    let limit = Instant::now() + Duration::from_secs(20);
    while name() != "ada.example watched.example" {
        assert!(Instant::now() < limit, "the new certificate is not shown");
        thread::yield_now();
    }
}

#[test]
fn another_ca_is_trusted_by_new_calls() {
    let (old, new) = (Authority::new("The Old"), Authority::new("The New"));
    let folder = Folder::of(&new.certify(&["localhost"]), &old);
    let (_server, target) = serve(&folder.server().unwrap());
    let tls = folder.trusting_client();
    let client = client(&target, &tls);
    run(client.say_hello(message("", ""))).expect_err("the server's CA is not trusted yet");
    folder.write("ca.pem", old.pem() + &new.pem());
    tls.reload().unwrap();
    run(client.say_hello(message("", ""))).unwrap();
}
