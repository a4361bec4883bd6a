//! The flags of the programs, and their log.

use super::served;
use crate::support::certificates::{Authority, Certified, Folder};
use crate::support::process::{Ended, Process, chat_server, client, start, start_server};

struct Setting {
    authority: Authority,
    folder: Folder,
    first: Certified,
}

fn setting() -> Setting {
    let authority = Authority::new("An Authority");
    let first = authority.certify(&["localhost", "ada.example"]);
    Setting { folder: Folder::of(&first, &authority), authority, first }
}

impl Setting {
    fn server(&self, more: &[&str]) -> (Process, String) {
        let (certificate, key) = (self.folder.text("cert.pem"), self.folder.text("key.pem"));
        let args = ["--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key];
        let (server, address) = start_server(&[&args[..], more].concat());
        (server, address.replace("127.0.0.1", "localhost"))
    }

    fn hello(&self, target: &str, more: &[&str]) -> Ended {
        client(&[&["-s", target, "hello"], more].concat(), "")
    }
}

#[track_caller]
fn fails(ended: &Ended, code: i32, texts: &[&str]) {
    assert_eq!(ended.code(), Some(code), "{}", ended.stderr);
    for text in texts {
        assert!(ended.stderr.contains(text), "expected `{text}` in: {}", ended.stderr);
    }
}

#[test]
fn the_programs_speak_tls_and_say_how_secure_they_are() {
    let setting = setting();
    let ca = setting.folder.text("ca.pem");
    let (server, target) = setting.server(&[]);
    let line = server.wait_for_log("listening on");
    assert!(line.contains("TLS: CN=localhost for localhost, ada.example, valid until"), "{line}");
    let ended = setting.hello(&target, &["--cacert", &ca]);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let authority = ["--cacert", &ca, "--authority", "ada.example"];
    assert_eq!(setting.hello(&target, &authority).code(), Some(0));
    fails(&setting.hello(&target, &["--tls"]), 78, &["not trusted here", "--cacert"]);
    fails(&setting.hello(&target, &[]), 78, &["it may want TLS (--cacert)"]);
    let wrong_name = ["--cacert", &ca, "--server-name", "bob.example"];
    fails(&setting.hello(&target, &wrong_name), 78, &["for other names", "--server-name"]);

    let (plain, target) = start_server(&["--listen", "127.0.0.1:0"]);
    plain.wait_for_log(&format!("listening on {target}, insecure: no TLS"));
    fails(&setting.hello(&target, &["--cacert", &ca]), 78, &["does not speak TLS"]);
    fails(&setting.hello(&target, &["-vv", "-H", "a"]), 2, &[]);
    let verbose = setting.hello(&target, &["-vv"]);
    assert!(verbose.stderr.contains("insecure: no TLS"), "{}", verbose.stderr);
}

#[test]
fn certificates_of_clients_and_their_names() {
    let setting = setting();
    let ca = setting.folder.text("ca.pem");
    let flags = ["--client-ca", &ca, "--allow-name", "ada.example", "--log-calls"];
    let (server, target) = setting.server(&flags);
    let of = |certified: &Certified| Folder::of(certified, &setting.authority);
    let hello = |folder: &Folder| {
        let (certificate, key) = (folder.text("cert.pem"), folder.text("key.pem"));
        setting.hello(&target, &["--cacert", &ca, "--cert", &certificate, "--key", &key])
    };
    assert_eq!(hello(&setting.folder).code(), Some(0));
    let bob = of(&setting.authority.certify(&["bob.example"]));
    fails(&hello(&bob), 64 + 7, &["bob.example is not an allowed name", "--cert"]);
    // Who is refused learns of it, too.
    server.wait_for_log("SayHello for ipv4:127.0.0.1:");
    let line = server.wait_for_log("SayHello for ipv4:127.0.0.1:");
    assert!(line.contains("PERMISSION_DENIED"), "{line}");
    let rogue = of(&Authority::new("A Rogue").certify(&["ada.example"]));
    fails(&hello(&rogue), 78, &["another certificate (--cert, --key)"]);
    fails(&setting.hello(&target, &["--cacert", &ca]), 78, &["(--cert, --key)"]);
}

#[test]
fn flags_that_are_half_given_name_the_other_one() {
    let server = |args: &[&str]| start(chat_server(), args).end();
    fails(&server(&["--tls-cert", "x"]), 2, &["--tls-key"]);
    fails(&server(&["--tls-key", "x"]), 2, &["--tls-cert"]);
    fails(&server(&["--client-ca", "x"]), 2, &["--tls-cert"]);
    let three = ["--tls-cert", "x", "--tls-key", "x", "--allow-name", "x"];
    fails(&server(&three), 2, &["--client-ca"]);
    let none = server(&["--listen", "127.0.0.1:0", "--tls-cert", "/none", "--tls-key", "/none"]);
    fails(&none, 3, &["chat-server: /none: no such file"]);
    assert!(none.stdout.is_empty(), "{:?}", none.stdout);
    let setting = setting();
    fails(&setting.hello("localhost:1", &["--cert", "x"]), 2, &["--cert needs", "--key"]);
    fails(&setting.hello("localhost:1", &["--key", "x"]), 2, &["--key needs", "--cert"]);
    fails(&client(&["hello", "--tls"], ""), 2, &["--server"]);
    fails(&setting.hello("localhost:1", &["--cacert", "/none"]), 2, &["/none: no such file"]);
}

#[test]
fn sighup_and_the_watch_reload_and_say_so_once() {
    let setting = setting();
    let (server, target) = setting.server(&[]);
    let seen = || served(&target, &setting.authority.pem()).unwrap();
    server.wait_for_log("listening on");
    let renewed = setting.authority.certify(&["localhost"]);
    setting.folder.put(&renewed);
    server.signal("HUP");
    let line = server.wait_for_log("TLS: ");
    assert!(line.contains("INFO") && line.contains("new files are in use: CN=localhost"), "{line}");
    assert!(seen() == renewed.der);

    // From here on the watch alone: half a renewal, something broken, another's, a good one.
    let next = setting.authority.certify(&["localhost"]);
    setting.folder.write("cert.pem", &next.certificate);
    let line = server.wait_for_log("TLS: ");
    assert!(line.contains("WARN") && line.contains("waiting for the other file"), "{line}");
    setting.folder.write("key.pem", &next.key);
    let line = server.wait_for_log("TLS: ");
    assert!(line.contains("INFO") && line.contains("new files"), "told more than once: {line}");
    setting.folder.write("cert.pem", "rubbish");
    let line = server.wait_for_log("TLS: ");
    assert!(line.contains("ERROR") && line.contains("cert.pem: is not PEM"), "{line}");
    setting.folder.put(&setting.authority.certify(&["other.example"]));
    let line = server.wait_for_log("TLS: ");
    let swapped = "is for other.example, but the one in use is for localhost; restart to change it";
    assert!(line.contains("ERROR") && line.contains(swapped), "{line}");
    assert!(seen() == next.der);
    setting.folder.put(&setting.first);
    server.wait_for_log("new files are in use");
    assert!(seen() == setting.first.der);
    server.signal("TERM");
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn a_certificate_that_expires_soon_is_warned_about() {
    use std::time::{Duration, SystemTime};
    let setting = setting();
    let soon = SystemTime::now() + Duration::from_secs(3 * 24 * 60 * 60);
    let certified = setting.authority.certify_with(&["localhost"], |params| {
        params.not_after = soon.into();
    });
    setting.folder.put(&certified);
    let (server, _) = setting.server(&[]);
    let line = server.wait_for_log("expires soon");
    assert!(line.contains("WARN") && line.contains("CN=localhost"), "{line}");
}
