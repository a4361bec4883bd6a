//! The two programs, as a person or a script runs them.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::process::{chat_client, chat_server, client, start, start_server};

const ALL_FOUR: [&str; 4] = [
    "Server: Welcome to the broadcast!",
    "Server: Here is message #1.",
    "Server: And here is message #2.",
    "Server: Broadcast finished.",
];

#[test]
fn the_demo_is_the_article() {
    let demo = client(&["demo"], "");
    assert_eq!(demo.code(), Some(0), "{demo:?}");
    let lines: Vec<_> = demo.stdout.iter().map(|line| without_peer(line)).collect();
    let sides = |side: &str| -> Vec<String> {
        let of_side = lines.iter().filter_map(|line| line.strip_prefix(side));
        of_side.map(|line| line.trim().to_owned()).collect()
    };
    assert_eq!(sides("  client"), ARTICLE_CLIENT, "{demo:?}");
    assert_eq!(sides("  server"), ARTICLE_SERVER, "{demo:?}");
}

fn without_peer(line: &str) -> &str {
    line.rfind(" [ipv4:").map_or(line, |end| &line[..end])
}

pub const ARTICLE_CLIENT: [&str; 13] = [
    "Unary Response from Server: Hello, Marko! Thanks for your message.",
    "Broadcast from Server: Welcome to the broadcast!",
    "Broadcast from Server: Here is message #1.",
    "Broadcast from Server: And here is message #2.",
    "Broadcast from Server: Broadcast finished.",
    "Upload Stream Response: Finished receiving stream from Marko. Got 3 messages.",
    "Sending message: Hi!",
    "Received from server: Echo: Hi!",
    "Sending message: How are you?",
    "Received from server: Echo: How are you?",
    "Sending message: I'm using a bidi stream!",
    "Received from server: Echo: I'm using a bidi stream!",
    "Bidirectional stream finished.",
];

pub const ARTICLE_SERVER: [&str; 9] = [
    "Received Unary message from Marko: This is a unary call.",
    "Received Broadcast request from Marko",
    "Received message from client stream: Log entry 1",
    "Received message from client stream: Log entry 2",
    "Received message from client stream: Log entry 3",
    "Upload stream finished. Received 3 messages.",
    "Received message in ChatStream from Marko: Hi!",
    "Received message in ChatStream from Marko: How are you?",
    "Received message in ChatStream from Marko: I'm using a bidi stream!",
];

#[test]
fn every_command_works_without_a_server() {
    let hello = client(&["-u", "Ada", "hello"], "");
    assert_eq!(hello.stdout, ["Server: Hello, Ada! Thanks for your message."], "{hello:?}");
    let broadcast = client(&["broadcast"], "");
    assert_eq!(broadcast.stdout, ALL_FOUR, "{broadcast:?}");
    let upload = client(&["upload"], "one\ntwo\n");
    assert_eq!(upload.stdout, ["Server: Finished receiving stream from Ada. Got 2 messages."]);
    let chat = client(&["chat"], "Hi!\n\nBye");
    assert_eq!(
        chat.stdout,
        ["Server: Echo: Hi!", "Server: Echo: ", "Server: Echo: Bye"],
        "{chat:?}"
    );
}

#[test]
fn a_server_serves_on_a_port_and_a_socket_file_and_logs_one_line_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}", folder.path().join("chat.sock").display());
    let (server, addresses) =
        start_server(&["--listen", "127.0.0.1:0", "--listen", &socket, "--pace", "0"]);
    let addresses: Vec<_> = addresses.split(' ').collect();
    assert_eq!(addresses[1], socket);
    for address in addresses {
        let hello = client(&["-s", address, "hello", "two\nlines \x1b[31m"], "");
        assert_eq!(hello.stdout, ["Server: Hello, Ada! Thanks for your message."], "{hello:?}");
        let logged = server.wait_for_log("Received Unary message");
        assert!(
            logged.contains("from Ada: two\\nlines \\u{1b}[31m [ipv4:127.0.0.1:")
                || logged.ends_with("[unix:]"),
            "{logged}"
        );
    }
    let file = folder.path().join("lines");
    fs::write(&file, "1\n2\n3\n").unwrap();
    let upload = client(&["-s", &socket, "upload", file.to_str().unwrap()], "");
    assert_eq!(upload.stdout, ["Server: Finished receiving stream from Ada. Got 3 messages."]);
    server.wait_for_log("Upload stream finished. Received 3 messages.");
    server.signal("TERM");
    let ended = server.end();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
}

#[test]
fn json_output_is_an_object_a_line() {
    let broadcast = client(&["-o", "json", "broadcast"], "");
    let events: Vec<serde_json::Value> =
        broadcast.stdout.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 5, "{broadcast:?}");
    assert_eq!(events[0]["content"], "Welcome to the broadcast!");
    assert_eq!((&events[4]["event"], &events[4]["code"]), (&"status".into(), &"OK".into()));
    let failed = client(&["-o", "json", "-s", "127.0.0.1:1", "hello"], "");
    let status: serde_json::Value = serde_json::from_str(&failed.stdout[0]).unwrap();
    assert_eq!((&status["code"], &status["number"]), (&"UNAVAILABLE".into(), &14.into()));
}

#[test]
fn a_failed_call_names_code_target_and_what_to_do() {
    let failed = client(&["-s", "127.0.0.1:1", "hello"], "");
    assert_eq!(failed.code(), Some(64 + 14), "{failed:?}");
    for part in ["UNAVAILABLE", "127.0.0.1:1", "try:", "Connection refused"] {
        assert!(failed.stderr.contains(part), "no `{part}` in {failed:?}");
    }
    let late = client(&["--timeout", "100ms", "broadcast"], "");
    assert_eq!(late.code(), Some(64 + 4), "{late:?}");
    assert_eq!(late.stdout, ALL_FOUR[..1], "what came before the end is kept");
    assert!(late.stderr.contains("DEADLINE_EXCEEDED") && late.stderr.contains("--timeout"));
}

#[test]
fn wait_for_ready_waits() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = port.to_string();
    let arguments = ["-s", &address, "--wait-for-ready", "--timeout", "15s", "hello"];
    let waiting = start(chat_client(), arguments);
    let (_server, _) = start_server(&["--listen", &address]);
    assert_eq!(waiting.line(), "Server: Hello, Ada! Thanks for your message.");
}

#[test]
fn bad_lines_are_told_and_the_good_ones_arrive() {
    let long = "x".repeat(5_000_000);
    let input = [b"one\nb\xffd\n", long.as_bytes(), b"\n\nlast\n"].concat();
    let chat = client(&["chat"], input.clone());
    assert_eq!(chat.stdout, ["Server: Echo: one", "Server: Echo: ", "Server: Echo: last"]);
    assert_eq!(chat.code(), Some(2));
    for part in
        ["line 2: not valid UTF-8 at byte 2", "line 3: 5000000 bytes", "2 lines were not sent"]
    {
        assert!(chat.stderr.contains(part), "no `{part}` in {}", chat.stderr);
    }
    let (server, address) = start_server(&["--listen", "127.0.0.1:0"]);
    let upload = client(&["-s", &address, "upload"], input);
    assert_eq!((upload.code(), upload.stdout.len()), (Some(2), 0), "{upload:?}");
    assert!(upload.stderr.contains("line 2") && upload.stderr.contains("cancelled"));
    // A cancellation may overtake the lines before it: the server need not have seen any.
    server.signal("TERM");
    let log = server.end().stderr;
    assert!(!log.contains("Upload stream finished"), "a cancelled upload was finished: {log}");
}

#[test]
fn a_line_that_just_fits_goes_through() {
    let line = "x".repeat((4 << 20) - 100);
    let chat = client(&["chat"], line.clone());
    assert_eq!(chat.code(), Some(0), "{}", chat.stderr);
    // The echo is longer by `Echo: `, and still fits.
    assert_eq!(chat.stdout.len(), 1);
    assert_eq!(chat.stdout[0].len(), "Server: Echo: ".len() + line.len());
}

#[test]
fn wrong_flags_and_missing_files_are_told() {
    for (arguments, code, told) in [
        (&["hello", "--timeout", "soon"][..], 2, "500ms"),
        (&["-H", "no colon", "hello"], 2, "no `:`"),
        (&["-H", "grpc-timeout: 1S", "hello"], 2, "reserved"),
        (&["-H", "blob-bin: ***", "hello"], 2, "base64"),
        (&["upload", "/no/such/file"], 3, "/no/such/file"),
        (&["frobnicate"], 2, "frobnicate"),
    ] {
        let ended = client(arguments, "");
        assert_eq!(ended.code(), Some(code), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(told), "{arguments:?}: no `{told}` in {}", ended.stderr);
    }
    for (arguments, code, told) in [
        (["--listen", "nowhere"], 2, "no port"),
        (["--completion-queues", "0"], 2, "0"),
        (["--listen", "192.0.2.1:1"], 3, "not an address of this machine"),
        (["--listen", "unix:/no/such/folder/chat.sock"], 3, "No such file"),
    ] {
        let ended = start(chat_server(), arguments).end();
        assert_eq!(ended.code(), Some(code), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(told), "{arguments:?}: no `{told}` in {}", ended.stderr);
    }
}

#[test]
fn a_taken_port_ends_the_server_at_once_with_one_clear_line() {
    let (_first, address) = start_server(&["--listen", "127.0.0.1:0"]);
    let second = start(chat_server(), ["--listen", &address]).end();
    assert_eq!(second.code(), Some(3), "{second:?}");
    let told =
        format!("chat-server: can't listen on {address}: another process is listening there");
    assert_eq!(second.stderr, told);
}

#[test]
fn output_that_can_not_be_written_is_told() {
    let mut command = chat_client();
    command.arg("broadcast").stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let full = command.stderr(Stdio::piped()).output().unwrap();
    assert_eq!(full.status.code(), Some(3));
    let told = String::from_utf8_lossy(&full.stderr).into_owned();
    assert!(told.contains("can't write to stdout: No space left"), "{told}");

    let closed = Command::new("sh")
        .args(["-c", r#"{ "$0" chat; echo "code $?" >&2; } | head -n 1"#])
        .arg(env!("CARGO_BIN_EXE_chat-client"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    {
        use std::io::Write;
        let lines = "line\n".repeat(10_000);
        // The client may end before it has read everything.
        let _ = closed.stdin.as_ref().unwrap().write_all(lines.as_bytes());
    }
    let closed = closed.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&closed.stderr).into_owned();
    assert_eq!(String::from_utf8_lossy(&closed.stdout), "Server: Echo: line\n");
    assert!(
        told.contains("can't write to stdout: Broken pipe") && told.contains("code 3"),
        "{told}"
    );
}

#[test]
fn an_interrupted_chat_is_cancelled_in_good_order() {
    let (server, address) = start_server(&["--listen", "127.0.0.1:0"]);
    let mut chat = start(chat_client(), ["-s", &address, "chat"]);
    chat.write_line("Hi!");
    assert_eq!(chat.line(), "Server: Echo: Hi!");
    chat.signal("INT");
    // Its input goes on; the end of that would be a good end.
    chat.wait_for_log("interrupted");
    let ended = chat.end();
    assert_eq!(ended.code(), Some(4), "{ended:?}");
    let hello = client(&["-s", &address, "hello"], "");
    assert_eq!(hello.code(), Some(0), "{hello:?}");
    server.signal("INT");
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn a_draining_server_waits_for_its_calls_and_a_second_signal_does_not() {
    let (server, address) = start_server(&["--listen", "127.0.0.1:0", "--drain-timeout", "60s"]);
    let mut chat = start(chat_client(), ["-s", &address, "chat"]);
    chat.write_line("before");
    assert_eq!(chat.line(), "Server: Echo: before");
    server.signal("TERM");
    server.wait_for_log("draining");
    chat.write_line("during");
    assert_eq!(chat.line(), "Server: Echo: during");
    let late = client(&["-s", &address, "hello"], "");
    assert_eq!(late.code(), Some(64 + 14), "{late:?}");
    server.signal("TERM");
    let ended = server.end();
    assert_eq!(ended.code(), Some(128 + 15), "{ended:?}");
    chat.feed(Vec::new());
    let chat = chat.end();
    assert_eq!(chat.code(), Some(64 + 14), "{chat:?}");
}

#[test]
fn a_drain_that_takes_too_long_cancels() {
    let (server, address) = start_server(&["--listen", "127.0.0.1:0", "--drain-timeout", "100ms"]);
    let mut chat = start(chat_client(), ["-s", &address, "chat"]);
    chat.write_line("Hi!");
    assert_eq!(chat.line(), "Server: Echo: Hi!");
    server.signal("TERM");
    let ended = server.end();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.contains("were cancelled"), "{ended:?}");
}

#[test]
fn times_beyond_all_times_are_as_long_as_can_be() {
    let long = "300000000000y";
    let (server, address) =
        start_server(&["--listen", "127.0.0.1:0", "--drain-timeout", long, "--pace", long]);
    let hello = client(&["-s", &address, "--timeout", long, "hello"], "");
    assert_eq!(hello.code(), Some(0), "{hello:?}");
    // The second message comes after the pause.
    let broadcast = start(chat_client(), ["-s", &address, "--timeout", long, "broadcast"]);
    assert_eq!(broadcast.line(), ALL_FOUR[0]);
    drop(broadcast);
    server.signal("TERM");
    let ended = server.end();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
}

#[test]
fn a_token_is_not_sent_in_clear_to_other_machines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "s3same").unwrap();
    let token = ["--token-file", file.to_str().unwrap()];
    let run = |args: &[&str]| {
        let mut command = chat_client();
        // Nothing gets further than to this machine.
        command.env("grpc_proxy", "http://127.0.0.1:1").env_remove("no_proxy");
        start(command, [&token[..], args].concat()).end()
    };
    for target in ["chat.example:1", "10.0.0.1:1", "dns:///chat.example", "xds:///chat"] {
        let refused = run(&["-s", target, "hello"]);
        assert_eq!(refused.code(), Some(2), "{target}: {refused:?}");
        for text in ["unencrypted", "--tls", "--allow-plaintext-token"] {
            assert!(refused.stderr.contains(text), "{target}: no `{text}` in {refused:?}");
        }
    }
    let warned = run(&["-s", "chat.example:1", "--allow-plaintext-token", "hello"]);
    assert_eq!(warned.code(), Some(64 + 14), "{warned:?}");
    assert!(warned.stderr.contains("WARN") && warned.stderr.contains("unencrypted"), "{warned:?}");
    let header = client(
        &["-H", "Authorization: Bearer x", "-s", "chat.example:1", "--timeout", "1ms", "hello"],
        "",
    );
    assert!(header.stderr.contains("unencrypted"), "{header:?}");
    let (_server, address) = start_server(&["--listen", "127.0.0.1:0"]);
    let localhost = address.replace("127.0.0.1", "localhost");
    for args in [&["-s", &address, "hello"][..], &["-s", &localhost, "hello"], &["hello"]] {
        let taken = run(args);
        assert_eq!((taken.code(), &*taken.stderr), (Some(0), ""), "{args:?}");
    }
    let tls = run(&["-s", "chat.example:1", "--tls", "hello"]);
    assert_eq!(tls.code(), Some(64 + 14), "{tls:?}");
    assert!(!tls.stderr.contains("unencrypted"), "{tls:?}");
}

#[test]
fn versions_and_help_tell_what_is_needed() {
    for program in [chat_client(), chat_server()] {
        let version = start(program, ["--version"]).end();
        assert!(version.stdout[0].contains("C-core "), "{version:?}");
    }
    for program in [chat_client(), chat_server()] {
        let help = start(program, ["--help"]).end().stdout.join("\n");
        assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    }
}
