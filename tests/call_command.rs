//! The client's commands that know nothing of a service but what its server says.

use std::fs;

use crate::support::process::{Ended, chat_client, client, start, start_server};

fn server() -> (crate::support::process::Process, String) {
    start_server(&["--listen", "127.0.0.1:0", "--pace", "0", "--channelz"])
}

fn fails(ended: &Ended, code: i32, told: &[&str]) {
    assert_eq!(ended.code(), Some(code), "{ended:?}");
    for text in told {
        assert!(ended.stderr.contains(text), "expected `{text}`: {ended:?}");
    }
}

#[test]
fn all_four_styles_are_called_by_their_names() {
    let (_server, address) = server();
    let call = |method: &str, data: &str, input: &str| {
        let ended = client(&["-s", &address, "-o", "json", "call", method, data], input);
        assert_eq!(ended.code(), Some(0), "{method}: {ended:?}");
        let contents = ended.stdout.iter().map(|line| {
            let reply: serde_json::Value = serde_json::from_str(line).unwrap();
            reply["content"].as_str().unwrap().to_owned()
        });
        contents.collect::<Vec<_>>()
    };
    let hello = call("chat.ChatService/SayHello", r#"{"user": "Ada"}"#, "");
    assert_eq!(hello, ["Hello, Ada! Thanks for your message."]);
    let broadcast = call("chat.ChatService.BroadcastMessages", "{}", "");
    assert_eq!(broadcast.len(), 4);
    let three = "{\"user\": \"Ada\", \"content\": \"1\"}{}\n{\"user\": \"Bo\"}";
    let upload = call("chat.ChatService/UploadStream", "-", three);
    assert_eq!(upload, ["Finished receiving stream from Bo. Got 3 messages."]);
    let chat =
        call("chat.ChatService/ChatStream", "-", "{\"content\": \"a\"} {\"content\": \"b\"}");
    assert_eq!(chat, ["Echo: a", "Echo: b"]);
}

#[test]
fn a_chat_by_json_answers_line_by_line_while_it_is_open() {
    let (_server, address) = server();
    let mut chat = start(
        chat_client(),
        ["-s", &address, "-o", "json", "call", "chat.ChatService/ChatStream", "-"],
    );
    for content in ["one", "two"] {
        chat.write_line(&format!("{{\"content\": \"{content}\"}}"));
        assert!(chat.line().contains(&format!("Echo: {content}")));
    }
    let ended = chat.end();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
}

#[test]
fn requests_come_from_a_file_and_replies_are_pretty() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request.json");
    fs::write(&file, "{\n  \"user\": \"Ada\"\n}\n").unwrap();
    let (_server, address) = server();
    let data = format!("@{}", file.display());
    let hello = client(&["-s", &address, "call", "chat.ChatService/SayHello", &data], "");
    let pretty = [
        "{",
        "  \"user\": \"Server\",",
        "  \"content\": \"Hello, Ada! Thanks for your message.\"",
        "}",
    ];
    assert_eq!(hello.stdout, pretty, "{hello:?}");
    let missing = client(&["-s", &address, "call", "chat.ChatService/SayHello", "@no/file"], "");
    fails(&missing, 3, &["no/file"]);
}

#[test]
fn messages_with_well_known_types_maps_and_oneofs_are_told() {
    let (_server, address) = server();
    let list = client(&["-s", &address, "-o", "json", "call", "grpc.health.v1.Health/List"], "");
    assert!(list.stdout[0].contains("\"chat.ChatService\""), "{list:?}");
    let method = "grpc.channelz.v1.Channelz/GetServers";
    let servers = client(&["-s", &address, "-o", "json", "call", method], "");
    assert_eq!(servers.code(), Some(0), "{servers:?}");
    let servers: serde_json::Value = serde_json::from_str(&servers.stdout[0]).unwrap();
    let data = &servers["server"][0]["data"];
    assert!(data["lastCallStartedTimestamp"].as_str().unwrap().ends_with('Z'), "{servers}");
}

#[test]
fn what_is_misspelled_is_told_with_what_is_near() {
    let (_server, address) = server();
    let call = |method: &str, data: &str| client(&["-s", &address, "call", method, data], "");
    let method = "chat.ChatService/SayHello";
    fails(&call("chat.ChatServise/SayHello", "{}"), 2, &["nearest is `chat.ChatService`"]);
    fails(&call("chat.ChatService/SayHelo", "{}"), 2, &["nearest is `SayHello`"]);
    fails(&call("SayHello", "{}"), 2, &["SERVICE/METHOD"]);
    let field = call(method, "{\n  \"user\": \"Ada\",\n  \"contnt\": \"x\"\n}");
    fails(&field, 2, &["line 3", "`contnt`", "nearest is `content`"]);
    let kind = call(method, "{\"user\": 7}");
    fails(&kind, 2, &["line 1", "`user`: string is expected here, not 7"]);
    fails(&call(method, "{\"user\": "), 2, &["line 1", "not JSON"]);
    fails(&call(method, "{} {}"), 2, &["takes one request"]);
    let later = client(
        &["-s", &address, "call", "chat.ChatService/UploadStream", "-"],
        "{}\n{}\n{\"usr\": \"\"}",
    );
    fails(&later, 2, &["stdin, line 3", "nearest is `user`"]);
}

#[test]
fn a_failed_call_ends_with_its_code_and_no_reflection_is_said() {
    let (_server, address) = server();
    let data = r#"{"service": "no.Such"}"#;
    let failed = client(&["-s", &address, "call", "grpc.health.v1.Health/Check", data], "");
    fails(&failed, 64 + 5, &["no.Such"]);
    let (_silent, address) = start_server(&["--listen", "127.0.0.1:0", "--no-reflection"]);
    let failed = client(&["-s", &address, "call", "chat.ChatService/SayHello"], "");
    fails(&failed, 64 + 12, &["the server has no reflection"]);
    let nobody = client(&["-s", "127.0.0.1:1", "list"], "");
    fails(&nobody, 64 + 14, &["127.0.0.1:1"]);
}

#[test]
fn list_and_describe_work_without_a_server_of_ones_own() {
    let services = client(&["list"], "");
    let expected = [
        "chat.ChatService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ];
    assert_eq!(services.stdout, expected, "{services:?}");
    let methods = client(&["list", "chat.ChatService"], "");
    assert_eq!(methods.stdout[0], "chat.ChatService/SayHello", "{methods:?}");
    assert_eq!(methods.stdout.len(), 4, "{methods:?}");
    fails(&client(&["list", "chat.ChatServic"], ""), 2, &["nearest is `chat.ChatService`"]);
    fails(&client(&["describe", "chat.Mesage"], ""), 2, &["nearest is `chat.Message`"]);
    let method = client(&["describe", "chat.ChatService/ChatStream"], "");
    let rpc = "rpc ChatStream(stream chat.Message) returns (stream chat.Message);";
    assert_eq!(method.stdout[1], rpc, "{method:?}");
}

#[test]
fn a_description_is_the_text_of_the_proto_file() {
    let (_server, address) = server();
    let describe = |symbol: &str| {
        let ended = client(&["-s", &address, "describe", symbol], "");
        assert_eq!(ended.code(), Some(0), "{ended:?}");
        ended.stdout.join("\n").trim().to_owned()
    };
    assert_eq!(
        describe("chat.Message"),
        "// chat.Message\nmessage Message {\n  string user = 1;\n  string content = 2;\n}"
    );
    let request = describe("grpc.channelz.v1.ChannelTraceEvent");
    for text in [
        "  enum Severity {\n    CT_UNKNOWN = 0;",
        "  google.protobuf.Timestamp timestamp = 3;",
        "  oneof child_ref {\n    grpc.channelz.v1.ChannelRef channel_ref = 4;",
    ] {
        assert!(request.contains(text), "expected `{text}`: {request}");
    }
    let list = describe("grpc.health.v1.HealthListResponse");
    assert!(
        list.contains("map<string, grpc.health.v1.HealthCheckResponse> statuses = 1;"),
        "{list}"
    );
    assert!(describe("grpc.channelz.v1.SocketRef").contains("reserved 1"), "reserved numbers");
}

#[test]
fn the_questions_end_in_good_order() {
    let (server, address) = start_server(&["--listen", "127.0.0.1:0", "--log-calls"]);
    let hello = ["call", "chat.ChatService/SayHello", "{}"];
    for command in [&["list"][..], &["describe", "chat.Message"], &hello] {
        let ended = client(&[&["-s", &address], command].concat(), "");
        assert_eq!(ended.code(), Some(0), "{ended:?}");
        let line = server.wait_for_log("ServerReflectionInfo");
        assert!(line.contains(": OK in "), "{command:?}: expected OK, saw {line}");
    }
}
