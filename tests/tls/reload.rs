//! What a running server's files may become.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use chat::{Chat, ChatServiceServer, message};
use grpcio::{
    CertificateRequestType, ServerCredentials, ServerCredentialsBuilder, ServerCredentialsFetcher,
};
use quartet::rpc::Code;
use quartet::server::Server;
use quartet::tls::ServerTls;

use super::{any_port, client, hello, serve, served, started, unreachable};
use crate::support::certificates::{
    Authority, Certified, Folder, expired, not_yet_valid, only_for_clients,
};
use crate::support::run;

struct Running {
    authority: Authority,
    folder: Folder,
    tls: ServerTls,
    first: Certified,
    target: String,
    _server: Server,
}

fn running() -> Running {
    let authority = Authority::new("An Authority");
    let first = authority.certify(&["localhost"]);
    let folder = Folder::of(&first, &authority);
    let tls = folder.server().unwrap();
    let (server, target) = serve(&tls);
    Running { authority, folder, tls, first, target, _server: server }
}

impl Running {
    #[track_caller]
    fn serves(&self, certified: &Certified) {
        let seen = served(&self.target, &self.authority.pem()).unwrap();
        assert!(seen == certified.der, "another certificate is served");
    }

    /// That a reload is refused with this text, and nothing changes.
    #[track_caller]
    fn keeps(&self, file: &str, why: &str) {
        let error = self.tls.reload().expect_err("a bad file is taken");
        assert_eq!(error.file(), self.folder.file(file), "{error}");
        assert!(error.to_string().contains(why), "expected `{why}` in: {error}");
        self.serves(&self.first);
    }

    /// Waits until the watch has seen to it.
    #[track_caller]
    fn comes_to_serve(&self, certified: &Certified) {
        let limit = Instant::now() + Duration::from_secs(20);
        while served(&self.target, &self.authority.pem()).unwrap() != certified.der {
            assert!(Instant::now() < limit, "the new certificate is not served");
            thread::yield_now();
        }
    }
}

#[test]
fn a_renewal_is_served_to_new_connections_and_breaks_no_call() {
    let running = running();
    let trusting = running.folder.trusting_client();
    let chatting = client(&running.target, &trusting);
    let (mut sender, mut echoes) = run(async { chatting.chat_stream(()).unwrap() });
    let (calls, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let wait_for_calls = |count| {
        let limit = Instant::now() + Duration::from_secs(20);
        let enough = calls.load(SeqCst) + count;
        while calls.load(SeqCst) < enough {
            assert!(Instant::now() < limit, "no traffic");
            thread::yield_now();
        }
    };
    thread::scope(|scope| {
        let traffic = scope.spawn(|| {
            while !over.load(SeqCst) {
                run(chatting.say_hello(message("Ada", ""))).unwrap();
                hello(&running.target, &trusting).unwrap();
                calls.fetch_add(1, SeqCst);
            }
        });
        wait_for_calls(3);
        for _ in 0..5 {
            let renewed = running.authority.certify(&["localhost", "chat.example"]);
            running.folder.put(&renewed);
            assert!(running.tls.reload().unwrap());
            assert!(!running.tls.reload().unwrap(), "the same files are new again");
            running.serves(&renewed);
            wait_for_calls(3);
        }
        over.store(true, SeqCst);
        traffic.join().expect("a call failed");
    });
    run(async {
        sender.send(message("Ada", "still here")).await.unwrap();
        assert_eq!(echoes.message().await.unwrap().unwrap().content, "Echo: still here");
    });
}

#[test]
fn what_is_broken_or_of_another_is_refused_and_the_good_one_stays() {
    let running = running();
    let (folder, authority) = (&running.folder, &running.authority);
    for (file, content, why) in [
        ("cert.pem", "", "empty"),
        ("cert.pem", "rubbish", "not PEM"),
        ("cert.pem", &running.first.certificate[..300], "broken PEM"),
        ("key.pem", "", "empty"),
        ("key.pem", &running.first.certificate, "swapped?"),
        ("key.pem", &authority.certify(&["localhost"]).key, "does not match the certificate"),
    ] {
        folder.put(&running.first);
        folder.write(file, content);
        running.keeps(file, why);
    }
    for (certified, why) in [
        (authority.certify_with(&["localhost"], expired), "expired on 2020-02-29"),
        (authority.certify_with(&["localhost"], not_yet_valid), "not valid before"),
        (authority.certify_with(&["localhost"], only_for_clients), "another use"),
        (
            authority.certify(&["other.example"]),
            "is for other.example, but the one in use is for localhost",
        ),
    ] {
        folder.put(&certified);
        running.keeps("cert.pem", why);
    }
    for file in ["cert.pem", "key.pem"] {
        folder.put(&running.first);
        fs::remove_file(folder.file(file)).unwrap();
        running.keeps(file, "no such file");
    }
    let good = authority.certify(&["localhost"]);
    folder.put(&good);
    assert!(running.tls.reload().unwrap());
    running.serves(&good);
}

#[test]
fn the_watch_takes_what_stands_still_and_waits_for_the_other_half() {
    let running = running();
    let renewed = running.authority.certify(&["localhost"]);
    running.folder.write("cert.pem", &renewed.certificate);
    running.keeps("key.pem", "does not match the certificate");
    running.folder.write("key.pem", &renewed.key);
    running.comes_to_serve(&renewed);
    let again = running.authority.certify(&["localhost"]);
    fs::remove_file(running.folder.file("cert.pem")).unwrap();
    running.folder.put(&again);
    running.comes_to_serve(&again);
}

/// `cert.pem` is a link to `..data/cert.pem`, `..data` a link to a folder, which is exchanged.
#[test]
fn the_swap_of_a_symlink_is_seen() {
    let authority = Authority::new("An Authority");
    let (first, second) = (authority.certify(&["localhost"]), authority.certify(&["localhost"]));
    let folder = Folder::new();
    for (name, certified) in [("first", &first), ("second", &second)] {
        fs::create_dir(folder.file(name)).unwrap();
        fs::write(folder.file(name).join("cert.pem"), &certified.certificate).unwrap();
        fs::write(folder.file(name).join("key.pem"), &certified.key).unwrap();
    }
    symlink("first", folder.file("..data")).unwrap();
    for file in ["cert.pem", "key.pem"] {
        symlink(format!("..data/{file}"), folder.file(file)).unwrap();
    }
    let tls = folder.server().unwrap();
    let (server, target) = serve(&tls);
    let running = Running { authority, folder, tls, first, target, _server: server };
    running.serves(&running.first);
    symlink("second", running.folder.file("..new")).unwrap();
    fs::rename(running.folder.file("..new"), running.folder.file("..data")).unwrap();
    running.comes_to_serve(&second);
}

#[test]
fn the_ca_of_the_clients_can_be_exchanged() {
    let authority = Authority::new("An Authority");
    let folder = Folder::of(&authority.certify(&["localhost"]), &authority);
    let tls = folder.mutual().unwrap();
    let (_server, target) = serve(&tls);
    let trusting = |certified: &Certified| Folder::of(certified, &authority).client();
    let old = trusting(&authority.certify(&["ada.example"]));
    let next = Authority::new("The Next");
    let new = trusting(&next.certify(&["ada.example"]));
    let connected = client(&target, &old);
    run(connected.say_hello(message("Ada", ""))).unwrap();
    unreachable(&target, &new, "");
    folder.write("ca.pem", next.pem());
    assert!(tls.reload().unwrap());
    assert!(hello(&target, &new).is_ok());
    unreachable(&target, &old, "");
    run(connected.say_hello(message("Ada", ""))).expect("an old connection lives on");
    folder.write("ca.pem", "rubbish");
    assert!(tls.reload().unwrap_err().to_string().contains("ca.pem: is not PEM"));
    assert!(hello(&target, &new).is_ok());
    assert_eq!(hello(&target, &old).unwrap_err().code(), Code::Unavailable);
}

#[test]
fn the_watch_ends_with_the_last_who_has_it() {
    let watches = || {
        let threads = fs::read_dir("/proc/self/task").unwrap().flatten();
        let names = threads.map(|thread| fs::read_to_string(thread.path().join("comm")));
        names.flatten().filter(|name| name.trim() == "quartet-tls").count()
    };
    let wait_until = |what, done: &dyn Fn(usize) -> bool| {
        let limit = Instant::now() + Duration::from_secs(20);
        while !done(watches()) {
            assert!(Instant::now() < limit, "{what}: {} threads watch", watches());
            thread::yield_now();
        }
    };
    // Far more than the other tests of this process have.
    const MANY: usize = 100;
    let running = running();
    let loaded: Vec<_> = (0..MANY).map(|_| running.folder.server().unwrap()).collect();
    wait_until("loaded", &|threads| threads > MANY);
    drop(loaded);
    wait_until("dropped", &|threads| threads < MANY);
}

/// What our own checks are there to prevent: C-core keeps what it has, and says nothing.
#[test]
fn a_core_that_is_given_rubbish_keeps_what_it_has() {
    struct Given(Mutex<Vec<Certified>>, String);
    impl ServerCredentialsFetcher for Given {
        fn fetch(&self) -> Result<Option<ServerCredentialsBuilder>, Box<dyn std::error::Error>> {
            let next = self.0.lock().unwrap().pop();
            Ok(next.map(|Certified { certificate, key, .. }| {
                ServerCredentialsBuilder::new()
                    .root_cert(
                        self.1.as_str(),
                        CertificateRequestType::DontRequestClientCertificate,
                    )
                    .add_cert(certificate.into(), key.into())
            }))
        }
    }
    let authority = Authority::new("An Authority");
    let (first, second) = (authority.certify(&["localhost"]), authority.certify(&["localhost"]));
    let rubbish = Certified { certificate: "rubbish".into(), ..first.clone() };
    let unfit = Certified { key: second.key.clone(), ..first.clone() };
    let fetcher =
        Given(Mutex::new(vec![second.clone(), unfit, rubbish, first.clone()]), authority.pem());
    let credentials = ServerCredentials::with_fetcher(
        Box::new(fetcher),
        CertificateRequestType::DontRequestClientCertificate,
    );
    let builder = Server::builder().listen_with(any_port(), credentials);
    let (_server, target) = started(builder.service(ChatServiceServer::new(Chat::default())));
    for expected in [&first, &first, &second] {
        assert!(served(&target, &authority.pem()).unwrap() == expected.der);
    }
}
