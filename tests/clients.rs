//! Clients that others wrote, against a real `chat-server`: grpcurl, ghz, and Python's packages
//! for health, reflection and channelz; over each transport.

use std::process::Command;

use serde_json::Value;

use crate::support::build::{build_part, folder};
use crate::support::process::{Ended, Process, start, start_server};
use crate::tls::certificates::{Authority, Folder};

#[derive(Clone, Copy, PartialEq)]
enum Transport {
    Plaintext,
    Tls,
    Mtls,
}

/// The flags of a tool for a transport.
struct Tool {
    plaintext: &'static [&'static str],
    ca: &'static str,
    cert: &'static str,
    key: &'static str,
    /// For the name in the server's certificate.
    name: &'static str,
}

const GRPCURL: Tool = Tool {
    plaintext: &["-plaintext"],
    ca: "-cacert",
    cert: "-cert",
    key: "-key",
    name: "-authority",
};
const GHZ: Tool = Tool {
    plaintext: &["--insecure"],
    ca: "--cacert",
    cert: "--cert",
    key: "--key",
    name: "--cname",
};
const PYTHON: Tool =
    Tool { plaintext: &[], ca: "--ca", cert: "--cert", key: "--key", name: "--server-name" };

/// A server, and what its clients need to reach it.
struct Served {
    server: Process,
    address: String,
    transport: Transport,
    files: Folder,
}

fn serve(transport: Transport) -> Served {
    let authority = Authority::new("An Authority");
    let files = Folder::of(&authority.certify(&["localhost"]), &authority);
    let (ca, cert, key) = (files.text("ca.pem"), files.text("cert.pem"), files.text("key.pem"));
    let mut args = vec!["--listen", "127.0.0.1:0", "--pace", "0", "--channelz", "-q"];
    if transport != Transport::Plaintext {
        args.extend(["--tls-cert", &cert, "--tls-key", &key]);
    }
    if transport == Transport::Mtls {
        args.extend(["--client-ca", &ca]);
    }
    let (server, address) = start_server(&args);
    Served { server, address, transport, files }
}

impl Served {
    fn flags(&self, tool: &Tool) -> Vec<String> {
        let owned = |flags: &[&str]| flags.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        if self.transport == Transport::Plaintext {
            return owned(tool.plaintext);
        }
        let mut flags = owned(&[tool.ca, &self.files.text("ca.pem"), tool.name, "localhost"]);
        if self.transport == Transport::Mtls {
            let (cert, key) = (self.files.text("cert.pem"), self.files.text("key.pem"));
            flags.extend(owned(&[tool.cert, &cert, tool.key, &key]));
        }
        flags
    }

    fn grpcurl(&self, flags: &[&str], what: &[&str]) -> Ended {
        let mut command = Command::new(folder("tests/clients/bin/grpcurl"));
        command.args(self.flags(&GRPCURL)).args(flags).arg(&self.address);
        start(command, what).end()
    }

    fn python(&self, program: &str, flags: &[&str]) -> Process {
        let mut command = Command::new(folder("tests/clients/.venv/bin/python"));
        command.arg(folder("tests/clients").join(program)).args(["--server", &self.address]);
        command.args(self.flags(&PYTHON));
        start(command, flags)
    }
}

fn go_is_built() -> bool {
    build_part("tests/clients", &["go"], &["go", "version"])
}

fn python_is_built() -> bool {
    build_part("tests/clients", &["python"], &["python3", "-c", "import ensurepip, venv"])
}

#[track_caller]
fn succeeded(ended: Ended) -> Vec<String> {
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    ended.stdout
}

#[track_caller]
fn objects(ended: Ended) -> Vec<Value> {
    succeeded(ended).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The services that `serve` has.
const SERVICES: [&str; 5] = [
    "chat.ChatService",
    "grpc.channelz.v1.Channelz",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

fn grpcurl_lists_describes_and_calls(transport: Transport) {
    if !go_is_built() {
        return;
    }
    let served = serve(transport);
    let run = |flags: &[&str], what: &[&str]| succeeded(served.grpcurl(flags, what)).join("\n");
    assert_eq!(run(&[], &["list"]).lines().collect::<Vec<_>>(), SERVICES);
    assert!(run(&[], &["list", "chat.ChatService"]).contains("chat.ChatService.UploadStream"));
    let described = run(&[], &["describe", "chat.ChatService.ChatStream"]);
    let rpc = "rpc ChatStream ( stream .chat.Message ) returns ( stream .chat.Message );";
    assert!(described.contains(rpc), "{described}");
    let described = run(&[], &["describe", "grpc.channelz.v1.Socket"]);
    assert!(described.contains(".grpc.channelz.v1.SocketData data = 2;"), "{described}");

    let call = |method: &str, data: &str| run(&["-d", data], &[method]);
    let hello = call("chat.ChatService/SayHello", r#"{"user": "Ada"}"#);
    assert!(hello.contains("Hello, Ada! Thanks for your message."), "{hello}");
    let broadcast = call("chat.ChatService/BroadcastMessages", "{}");
    assert_eq!(broadcast.matches("\"content\"").count(), 4, "{broadcast}");
    let upload = call("chat.ChatService/UploadStream", r#"{"user": "Ada"} {"user": "Bo"}"#);
    assert!(upload.contains("Finished receiving stream from Bo. Got 2 messages."), "{upload}");
    let chat = call("chat.ChatService/ChatStream", r#"{"content": "a"} {"content": "b"}"#);
    assert!(chat.contains("Echo: a") && chat.contains("Echo: b"), "{chat}");
    let health = call("grpc.health.v1.Health/Check", r#"{"service": "chat.ChatService"}"#);
    assert!(health.contains("\"SERVING\""), "{health}");
    let unknown =
        served.grpcurl(&["-d", r#"{"service": "no.Such"}"#], &["grpc.health.v1.Health/Check"]);
    assert_eq!(unknown.code(), Some(64 + 5), "{unknown:?}");
}

fn ghz_makes_thousands_of_calls_without_an_error(transport: Transport) {
    if !go_is_built() {
        return;
    }
    let served = serve(transport);
    let args = [
        "--call=chat.ChatService/SayHello",
        r#"--data={"user": "ghz"}"#,
        "--total=3000",
        "--concurrency=20",
        "--connections=4",
        "--format=json",
    ];
    let mut command = Command::new(folder("tests/clients/bin/ghz"));
    command.args(served.flags(&GHZ)).args(args);
    let ghz = start(command, [&served.address]).end();
    let report: Value = serde_json::from_str(&succeeded(ghz).join("\n")).unwrap();
    assert_eq!(report["count"], 3000, "{report}");
    assert_eq!(report["statusCodeDistribution"], serde_json::json!({"OK": 3000}));
    assert_eq!(report["errorDistribution"], serde_json::json!({}));
}

fn python_checks_lists_and_watches_health(transport: Transport) {
    if !python_is_built() {
        return;
    }
    let served = serve(transport);
    let seen = objects(served.python("health.py", &["--service", "chat.ChatService"]).end());
    assert_eq!(seen[0]["status"], "SERVING");
    let mut names: Vec<_> = seen[1].as_object().unwrap().keys().map(String::as_str).collect();
    names.retain(|name| !name.is_empty());
    assert_eq!(names, SERVICES);
    let seen = objects(served.python("health.py", &["--service", "no"]).end());
    assert_eq!(seen[0]["code"], "NOT_FOUND");

    let watch = served.python("health.py", &["--watch"]);
    assert_eq!(watch.line(), r#"{"status": "SERVING"}"#);
    served.server.signal("TERM");
    let seen = succeeded(watch.end());
    assert_eq!(seen, [r#"{"status": "NOT_SERVING"}"#, r#"{"code": "UNAVAILABLE"}"#]);
    assert_eq!(served.server.end().code(), Some(0));
}

fn python_finds_every_service_by_reflection(transport: Transport) {
    if !python_is_built() {
        return;
    }
    let served = serve(transport);
    let seen = objects(served.python("reflection.py", &[]).end());
    let names: Vec<_> = seen.iter().map(|it| it["service"].as_str().unwrap()).collect();
    assert_eq!(names, SERVICES);
    let methods = ["SayHello", "BroadcastMessages", "UploadStream", "ChatStream"];
    assert_eq!(seen[0]["methods"], serde_json::json!(methods));
}

fn python_sees_server_and_socket_by_channelz(transport: Transport) {
    if !python_is_built() {
        return;
    }
    let served = serve(transport);
    let seen = objects(served.python("channelz.py", &[]).end());
    let listening = seen[0]["server"]["listen_socket"][0]["name"].as_str().unwrap();
    assert!(listening.contains("127.0.0.1"), "{listening}");
    let local = &seen[1]["socket"]["local"]["tcpip_address"];
    assert_eq!(local["ip_address"], "fwAAAQ==");
    assert!(
        served.address.ends_with(&format!(":{}", local["port"])),
        "{}: {local}",
        served.address
    );
    assert_eq!(seen.last().unwrap()["code"], "NOT_FOUND", "{seen:?}");
}

macro_rules! over_each_transport {
    ($($test:ident),+ $(,)?) => {
        over_each_transport! { @plaintext Plaintext $($test)+ }
        over_each_transport! { @tls Tls $($test)+ }
        over_each_transport! { @mtls Mtls $($test)+ }
    };
    (@$module:ident $transport:ident $($test:ident)+) => {
        mod $module {
            $(#[test]
            fn $test() {
                super::$test(super::Transport::$transport);
            })+
        }
    };
}

over_each_transport! {
    grpcurl_lists_describes_and_calls,
    ghz_makes_thousands_of_calls_without_an_error,
    python_checks_lists_and_watches_health,
    python_finds_every_service_by_reflection,
    python_sees_server_and_socket_by_channelz,
}
