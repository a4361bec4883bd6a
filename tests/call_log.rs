//! The log of calls, as the programs write it.

use std::io::Write;

use serde_json::Value;

use crate::support::process::{Ended, client, start_server};

fn file(content: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// The trace that the client's debug log shows.
#[track_caller]
fn trace(ended: &Ended) -> String {
    let rest = ended.stderr.split(": trace ").nth(1);
    rest.and_then(|rest| rest.get(..32)).unwrap_or_else(|| panic!("no trace: {ended:?}")).to_owned()
}

#[test]
fn a_call_is_a_json_line_whether_it_is_served_or_refused() {
    let tokens = file("# who may call\nada sesame\n");
    let token = file("sesame\n");
    let tokens = tokens.path().to_str().unwrap();
    let token = token.path().to_str().unwrap();
    let (server, target) = start_server(&[
        "--listen=127.0.0.1:0",
        "--pace=0",
        "--log-calls",
        "--log-format=json",
        "--tokens",
        tokens,
    ]);
    let call = |command: &str| {
        client(&["-vv", "--server", &target, "--token-file", token, command], "one\ntwo\n")
    };
    for (command, method, received, sent) in [
        ("hello", "SayHello", 1, 1),
        ("broadcast", "BroadcastMessages", 1, 4),
        ("upload", "UploadStream", 2, 1),
        ("chat", "ChatStream", 2, 2),
    ] {
        let ended = call(command);
        assert_eq!(ended.code(), Some(0), "{ended:?}");
        let line = parsed(&server.wait_for_log(&format!("served /chat.ChatService/{method}")));
        let fields =
            ["level", "method", "code", "caller", "trace_id"].map(|key| line[key].as_str());
        let method = format!("/chat.ChatService/{method}");
        let trace = trace(&ended);
        let expected = ["info", &method, "OK", "ada", &trace].map(Some);
        assert_eq!(fields, expected, "{line}");
        assert_eq!(line["received_messages"], received, "{line}");
        assert_eq!(line["sent_messages"], sent, "{line}");
        assert!(line["received_bytes"].as_u64() > Some(0), "{line}");
        assert!(line["duration_ms"].as_f64() > Some(0.0), "{line}");
        assert!(line["peer"].as_str().unwrap().starts_with("ipv4:127.0.0.1:"), "{line}");
        assert!(humantime::parse_rfc3339(line["ts"].as_str().unwrap()).is_ok(), "{line}");
        assert!(!ended.stderr.contains("sesame"), "{ended:?}");
    }
    let refused = client(&["--server", &target, "hello"], "");
    assert_eq!(refused.code(), Some(64 + 16), "{refused:?}");
    let line = parsed(&server.wait_for_log("UNAUTHENTICATED"));
    assert_eq!((&line["method"], line.get("caller")), (&"/chat.ChatService/SayHello".into(), None));
}

#[test]
fn text_stays_a_line_for_people() {
    let (server, target) = start_server(&["--listen=127.0.0.1:0", "--log-calls", "--max-calls=1"]);
    assert_eq!(client(&["--server", &target, "hello"], "").code(), Some(0));
    let line = server.wait_for_log("SayHello");
    assert!(line.contains("served /chat.ChatService/SayHello for ipv4:127.0.0.1:"), "{line}");
    assert!(line.ends_with("B)"), "{line}");
}

#[test]
fn files_that_cant_be_used_are_named_and_not_shown() {
    let one_word = file("ada sesame\nsesame\n");
    let path = one_word.path().to_str().unwrap();
    let server = crate::support::process::start(
        crate::support::process::chat_server(),
        ["--listen=127.0.0.1:0", "--tokens", path],
    );
    let ended = server.end();
    let expected = format!("chat-server: --tokens {path}: line 2 has a name but no token");
    assert!(ended.stderr.contains(&expected), "expected {expected:?}: {ended:?}");
    assert!(!ended.stderr.contains("sesame"), "{ended:?}");
    let ended = client(&["--token-file", path, "hello"], "");
    let expected = format!("--token-file {path}: expected one line with a token");
    assert!(ended.stderr.contains(&expected), "expected {expected:?}: {ended:?}");
    assert!(!ended.stderr.contains("sesame"), "{ended:?}");
    let ended = client(&["--token-file", "/nowhere", "hello"], "");
    assert!(ended.stderr.contains("can't read --token-file /nowhere"), "{ended:?}");
}
