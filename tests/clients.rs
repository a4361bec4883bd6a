//! Clients that others wrote, against a real `chat-server`: grpcurl, ghz, and Python's packages
//! for health, reflection and channelz. Those whose toolchain is missing are told as NOT RUN;
//! with `QUARTET_REQUIRE_PEERS` set it is a failure.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde_json::Value;

use crate::support::process::{Ended, Process, start, start_server};

/// How a connection is made: the flags that the server, and each tool, has for it.
struct Transport {
    server: &'static [&'static str],
    grpcurl: &'static [&'static str],
    ghz: &'static [&'static str],
    python: &'static [&'static str],
}

const PLAINTEXT: Transport =
    Transport { server: &[], grpcurl: &["-plaintext"], ghz: &["--insecure"], python: &[] };

/// A toolchain, and what `build.sh` makes with it.
struct Toolchain {
    kind: &'static str,
    needs: &'static [&'static str],
}

const GO: Toolchain = Toolchain { kind: "go", needs: &["go", "version"] };
const PYTHON: Toolchain =
    Toolchain { kind: "python", needs: &["python3", "-c", "import ensurepip, venv"] };

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

impl Toolchain {
    /// Builds its clients, one at a time; false, and told, where that can't be.
    fn build(&self) -> bool {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let toolchain = Command::new(self.needs[0]).args(&self.needs[1..]).output();
        if !toolchain.is_ok_and(|output| output.status.success()) {
            let told =
                format!("NOT RUN: tests/clients, {}: needs {:?}", self.kind, self.needs.join(" "));
            assert!(std::env::var_os("QUARTET_REQUIRE_PEERS").is_none(), "{told}");
            eprintln!("{told}");
            return false;
        }
        let build = Command::new(folder().join("build.sh")).arg(self.kind).output().unwrap();
        let log = String::from_utf8_lossy(&build.stderr);
        assert!(build.status.success(), "tests/clients/build.sh {}: {log}", self.kind);
        true
    }
}

fn serve(transport: &Transport) -> (Process, String) {
    let args = ["--listen", "127.0.0.1:0", "--pace", "0", "--channelz", "-q"];
    start_server(&[&args, transport.server].concat())
}

fn grpcurl(transport: &Transport, address: &str, flags: &[&str], what: &[&str]) -> Ended {
    let args = [transport.grpcurl, flags, &[address], what].concat();
    start(Command::new(folder().join("bin/grpcurl")), args).end()
}

fn python(transport: &Transport, program: &str, address: &str, flags: &[&str]) -> Process {
    let mut command = Command::new(folder().join(".venv/bin/python"));
    command.arg(folder().join(program));
    start(command, [&["--server", address], transport.python, flags].concat())
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
    if !GO.build() {
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
    if !GO.build() {
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
    let args = [transport.ghz, &args, &[&address]].concat();
    let ghz = start(Command::new(folder().join("bin/ghz")), args).end();
    let report: Value = serde_json::from_str(&succeeded(ghz).join("\n")).unwrap();
    assert_eq!(report["count"], 3000, "{report}");
    assert_eq!(report["statusCodeDistribution"], serde_json::json!({"OK": 3000}));
    assert_eq!(report["errorDistribution"], serde_json::json!({}));
}

fn python_checks_lists_and_watches_health(transport: &Transport) {
    if !PYTHON.build() {
        return;
    }
    let (server, address) = serve(transport);
    let seen =
        objects(python(transport, "health.py", &address, &["--service", "chat.ChatService"]).end());
    assert_eq!(seen[0]["status"], "SERVING");
    let mut names: Vec<_> = seen[1].as_object().unwrap().keys().map(String::as_str).collect();
    names.retain(|name| !name.is_empty());
    assert_eq!(names, SERVICES);
    let seen = objects(python(transport, "health.py", &address, &["--service", "no"]).end());
    assert_eq!(seen[0]["code"], "NOT_FOUND");

    let watch = python(transport, "health.py", &address, &["--watch"]);
    assert_eq!(watch.line(), r#"{"status": "SERVING"}"#);
    server.signal("TERM");
    let seen = succeeded(watch.end());
    assert_eq!(seen, [r#"{"status": "NOT_SERVING"}"#, r#"{"code": "UNAVAILABLE"}"#]);
    assert_eq!(server.end().code(), Some(0));
}

fn python_finds_every_service_by_reflection(transport: &Transport) {
    if !PYTHON.build() {
        return;
    }
    let (_server, address) = serve(transport);
    let seen = objects(python(transport, "reflection.py", &address, &[]).end());
    let names: Vec<_> = seen.iter().map(|it| it["service"].as_str().unwrap()).collect();
    assert_eq!(names, SERVICES);
    let methods = ["SayHello", "BroadcastMessages", "UploadStream", "ChatStream"];
    assert_eq!(seen[0]["methods"], serde_json::json!(methods));
}

fn python_sees_server_and_socket_by_channelz(transport: &Transport) {
    if !PYTHON.build() {
        return;
    }
    let (_server, address) = serve(transport);
    let seen = objects(python(transport, "channelz.py", &address, &[]).end());
    let listening = seen[0]["server"]["listen_socket"][0]["name"].as_str().unwrap();
    assert!(listening.contains("127.0.0.1"), "{listening}");
    let local = &seen[1]["socket"]["local"]["tcpip_address"];
    assert_eq!(local["ip_address"], "fwAAAQ==");
    assert!(address.ends_with(&format!(":{}", local["port"])), "{address}: {local}");
    assert_eq!(seen.last().unwrap()["code"], "NOT_FOUND", "{seen:?}");
}

macro_rules! over {
    ($transport:ident: $constant:expr, $($test:ident),+ $(,)?) => {
        mod $transport {
            $(#[test]
            fn $test() {
                super::$test(&$constant);
            })+
        }
    };
}

over! {
    plaintext: super::PLAINTEXT,
    grpcurl_lists_describes_and_calls,
    ghz_makes_thousands_of_calls_without_an_error,
    python_checks_lists_and_watches_health,
    python_finds_every_service_by_reflection,
    python_sees_server_and_socket_by_channelz,
}
