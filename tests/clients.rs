//! Clients that others wrote, against a real `chat-server`: grpcurl, ghz, and Python's packages
//! for health, reflection and channelz. Those whose toolchain is missing are reported as NOT RUN;
//! with `QUARTET_REQUIRE_PEERS` set it is a failure.

use std::process::Command;

use serde_json::Value;

use crate::support::build::{build_with, folder};
use crate::support::process::{Ended, Process, start, start_server_with};
use crate::support::transport::{Flags, Transport};

const GRPCURL: Flags =
    Flags { plaintext: &["-plaintext"], ca: "-cacert", cert: "-cert", key: "-key" };
const GHZ: Flags =
    Flags { plaintext: &["--insecure"], ca: "--cacert", cert: "--cert", key: "--key" };
const PYTHON: Flags = Flags { plaintext: &[], ca: "--ca", cert: "--cert", key: "--key" };

const FOLDER: &str = "tests/clients";

fn go() -> bool {
    build_with(FOLDER, &["go"], &["go", "version"])
}

fn python() -> bool {
    build_with(FOLDER, &["python"], &["python3", "-c", "import ensurepip, venv"])
}

fn serve(transport: &Transport) -> (Process, String) {
    let args = ["--listen", "127.0.0.1:0", "--pace", "0", "--channelz", "-q"];
    start_server_with(args.into_iter().map(str::to_owned).chain(transport.server()))
}

fn run_go(program: &str, args: impl IntoIterator<Item = String>) -> Ended {
    start(Command::new(folder(FOLDER).join("bin").join(program)), args).end()
}

fn grpcurl(transport: &Transport, address: &str, flags: &[&str], what: &[&str]) -> Ended {
    let args = [flags, &[address], what].concat();
    run_go("grpcurl", transport.client(&GRPCURL).into_iter().chain(owned(&args)))
}

fn run_python(transport: &Transport, program: &str, address: &str, flags: &[&str]) -> Process {
    let mut command = Command::new(folder(FOLDER).join(".venv/bin/python"));
    command.arg(folder(FOLDER).join(program)).args(["--server", address]);
    start(command, transport.client(&PYTHON).into_iter().chain(owned(flags)))
}

fn owned<'a>(texts: &'a [&str]) -> impl Iterator<Item = String> + use<'a> {
    texts.iter().map(ToString::to_string)
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

fn grpcurl_lists_describes_and_calls(transport: &Transport) {
    if !go() {
        return;
    }
    let (_server, address) = serve(transport);
    let run = |flags: &[&str], what: &[&str]| {
        succeeded(grpcurl(transport, &address, flags, what)).join("\n")
    };
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
    let unknown = grpcurl(
        transport,
        &address,
        &["-d", r#"{"service": "no.Such"}"#],
        &["grpc.health.v1.Health/Check"],
    );
    assert_eq!(unknown.code(), Some(64 + 5), "{unknown:?}");
}

fn ghz_makes_thousands_of_calls_without_an_error(transport: &Transport) {
    if !go() {
        return;
    }
    let (_server, address) = serve(transport);
    let args = [
        "--call=chat.ChatService/SayHello",
        r#"--data={"user": "ghz"}"#,
        "--total=3000",
        "--concurrency=20",
        "--connections=4",
        "--format=json",
    ];
    let ghz =
        run_go("ghz", transport.client(&GHZ).into_iter().chain(owned(&args)).chain([address]));
    let report: Value = serde_json::from_str(&succeeded(ghz).join("\n")).unwrap();
    assert_eq!(report["count"], 3000, "{report}");
    assert_eq!(report["statusCodeDistribution"], serde_json::json!({"OK": 3000}));
    assert_eq!(report["errorDistribution"], serde_json::json!({}));
}

fn python_checks_lists_and_watches_health(transport: &Transport) {
    if !python() {
        return;
    }
    let (server, address) = serve(transport);
    let seen = objects(
        run_python(transport, "health.py", &address, &["--service", "chat.ChatService"]).end(),
    );
    assert_eq!(seen[0]["status"], "SERVING");
    let mut names: Vec<_> = seen[1].as_object().unwrap().keys().map(String::as_str).collect();
    names.retain(|name| !name.is_empty());
    assert_eq!(names, SERVICES);
    let seen = objects(run_python(transport, "health.py", &address, &["--service", "no"]).end());
    assert_eq!(seen[0]["code"], "NOT_FOUND");

    let watch = run_python(transport, "health.py", &address, &["--watch"]);
    assert_eq!(watch.line(), r#"{"status": "SERVING"}"#);
    server.signal("TERM");
    let seen = succeeded(watch.end());
    assert_eq!(seen, [r#"{"status": "NOT_SERVING"}"#, r#"{"code": "UNAVAILABLE"}"#]);
    assert_eq!(server.end().code(), Some(0));
}

fn python_finds_every_service_by_reflection(transport: &Transport) {
    if !python() {
        return;
    }
    let (_server, address) = serve(transport);
    let seen = objects(run_python(transport, "reflection.py", &address, &[]).end());
    let names: Vec<_> = seen.iter().map(|it| it["service"].as_str().unwrap()).collect();
    assert_eq!(names, SERVICES);
    let methods = ["SayHello", "BroadcastMessages", "UploadStream", "ChatStream"];
    assert_eq!(seen[0]["methods"], serde_json::json!(methods));
}

fn python_sees_server_and_socket_by_channelz(transport: &Transport) {
    if !python() {
        return;
    }
    let (_server, address) = serve(transport);
    let seen = objects(run_python(transport, "channelz.py", &address, &[]).end());
    let listening = seen[0]["server"]["listen_socket"][0]["name"].as_str().unwrap();
    assert!(listening.contains("127.0.0.1"), "{listening}");
    let local = &seen[1]["socket"]["local"]["tcpip_address"];
    assert_eq!(local["ip_address"], "fwAAAQ==");
    assert!(address.ends_with(&format!(":{}", local["port"])), "{address}: {local}");
    assert_eq!(seen.last().unwrap()["code"], "NOT_FOUND", "{seen:?}");
}

/// The tests, over each transport.
macro_rules! over {
    ($($transport:ident: $made:expr;)+) => {$(
        mod $transport {
            use super::Transport;

            #[test]
            fn grpcurl_lists_describes_and_calls() {
                super::grpcurl_lists_describes_and_calls(&$made);
            }

            #[test]
            fn ghz_makes_thousands_of_calls_without_an_error() {
                super::ghz_makes_thousands_of_calls_without_an_error(&$made);
            }

            #[test]
            fn python_checks_lists_and_watches_health() {
                super::python_checks_lists_and_watches_health(&$made);
            }

            #[test]
            fn python_finds_every_service_by_reflection() {
                super::python_finds_every_service_by_reflection(&$made);
            }

            #[test]
            fn python_sees_server_and_socket_by_channelz() {
                super::python_sees_server_and_socket_by_channelz(&$made);
            }
        }
    )+};
}

over! {
    plaintext: Transport::Plaintext;
    tls: Transport::tls();
    mtls: Transport::mtls();
}
