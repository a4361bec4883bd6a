//! Servers whose reflection is broken or hostile: a client uses what is right, says what is
//! wrong, and is held by none of them.

use std::fmt::Write as _;
use std::time::Duration;

use chat::Chat;
use futures::{Stream, StreamExt, future, stream};
use futures_timer::Delay;
use protobuf::Message as _;
use protobuf::descriptor::FileDescriptorProto;
use protobuf::text_format::parse_from_str;
use quartet::channel::Channel;
use quartet::dynamic::{Reflector, json};
use quartet::proto::grpc::reflection::v1::server_reflection_request::Message_request as Ask;
use quartet::proto::grpc::reflection::v1::server_reflection_response::Message_response as Answer;
use quartet::proto::grpc::reflection::v1::{
    ErrorResponse, FileDescriptorResponse, ListServiceResponse, ServerReflection,
    ServerReflectionRequest, ServerReflectionResponse, ServerReflectionServer, ServiceResponse,
};
use quartet::rpc::{Code, Request, Response, Status, Streaming};

use crate::support::process::{Ended, chat_client, client, start};
use crate::support::{Served, is_bundled_core, run, serve_with};

/// Answers by a function, each after some time; where that has no answer, it never comes.
struct Broken<F>(F, Duration);

impl<F: Fn(&Ask) -> Option<Answer> + Clone + Send + Sync + 'static> ServerReflection for Broken<F> {
    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<impl Stream<Item = Result<ServerReflectionResponse, Status>> + Send>, Status>
    {
        let (answer, time) = (self.0.clone(), self.1);
        let answers = request.into_inner().then(move |request| {
            // A client that is gone needs no answer.
            let ask = request.ok().and_then(|request| request.message_request);
            let message_response = ask.and_then(|ask| answer(&ask));
            async move {
                if !time.is_zero() {
                    Delay::new(time).await;
                }
                if message_response.is_none() {
                    future::pending::<()>().await;
                }
                Ok(ServerReflectionResponse { message_response, ..Default::default() })
            }
        });
        Ok(Response::new(answers))
    }
}

fn serve(answer: impl Fn(&Ask) -> Option<Answer> + Clone + Send + Sync + 'static) -> Served {
    serve_slowly(Duration::ZERO, answer)
}

fn serve_slowly(
    time: Duration,
    answer: impl Fn(&Ask) -> Option<Answer> + Clone + Send + Sync + 'static,
) -> Served {
    serve_with(Chat::default(), |builder| {
        builder.service(ServerReflectionServer::new(Broken(answer, time)))
    })
}

/// Every file imports another; a hundred come at once.
fn endless(ask: &Ask) -> Option<Answer> {
    let first = match ask {
        Ask::FileByFilename(name) => name.parse().unwrap_or(0),
        _ => 0,
    };
    let import = |number: u32| file(&format!("name: '{number}' dependency: '{}'", number + 1));
    Some(files((first..first + 100).map(import)))
}

fn files(files: impl IntoIterator<Item = Vec<u8>>) -> Answer {
    let file_descriptor_proto = files.into_iter().collect();
    Answer::FileDescriptorResponse(FileDescriptorResponse {
        file_descriptor_proto,
        ..Default::default()
    })
}

fn not_found() -> Answer {
    let error_message = "no such file".to_owned();
    Answer::ErrorResponse(ErrorResponse { error_code: 5, error_message, ..Default::default() })
}

/// A file by its text, as bytes.
fn file(text: &str) -> Vec<u8> {
    parse_from_str::<FileDescriptorProto>(text).expect(text).write_to_bytes().unwrap()
}

/// A file with the service `s.S`, whose methods take what they are called.
fn service(more: &str, inputs: &[&str]) -> String {
    let mut methods = String::new();
    for input in inputs {
        let io = format!("input_type: '.s.{input}' output_type: '.s.{input}'");
        write!(methods, "method {{ name: '{input}' {io} }}").unwrap();
    }
    format!("name: 's.proto' package: 's' {more} service {{ name: 'S' {methods} }}")
}

/// A server of these files, by their names; a symbol is always in the first one.
fn serve_files(all: &[&str]) -> Served {
    let all: Vec<_> = all.iter().map(|text| file(text)).collect();
    serve(move |ask| {
        Some(match ask {
            Ask::FileContainingSymbol(_) => files([all[0].clone()]),
            Ask::FileByFilename(name) => {
                let named = |bytes: &&Vec<u8>| {
                    FileDescriptorProto::parse_from_bytes(bytes).unwrap().name() == name
                };
                all.iter().find(named).map_or_else(not_found, |bytes| files([bytes.clone()]))
            }
            _ => not_found(),
        })
    })
}

#[track_caller]
fn fails(served: &Served, command: &[&str], code: i32, words: &str) -> Ended {
    let ended = client(&[&["-s", &served.target], command].concat(), "");
    assert_eq!(ended.code(), Some(code), "{command:?}: {ended:?}");
    for words in [words, &served.target] {
        assert!(ended.stderr.contains(words), "{command:?}: expected `{words}`, saw {ended:?}");
    }
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    ended
}

const INTERNAL: i32 = 64 + 13;
const CALL: &[&str] = &["call", "s.S/Good", "{}"];

#[test]
fn endless_imports_end_at_a_limit() {
    let served = serve(endless);
    for command in [CALL, &["list", "s.S"], &["describe", "s.S"]] {
        fails(&served, command, INTERNAL, "more than 10000 files");
    }
}

#[test]
fn too_many_files_in_one_answer_are_refused() {
    let served = serve(|_| Some(files((0..100_000).map(|n| file(&format!("name: '{n}'"))))));
    fails(&served, CALL, INTERNAL, "more than 10000 files");
}

#[test]
fn names_that_are_too_long_together_are_refused() {
    // An outer message with a long name, which is a part of each inner one's.
    let name = "n".repeat(1_000_000);
    let inner = "nested_type { name: 'i' }".repeat(100);
    let outer = format!("message_type {{ name: '{name}' {inner} }}");
    let served = serve_files(&[&service(&outer, &["Good"])]);
    fails(&served, CALL, INTERNAL, "type names");
}

#[test]
fn imports_in_a_circle_and_missing_ones_harm_nothing() {
    let good = "message_type { name: 'Good' } dependency: 'a' dependency: 'nowhere'";
    let method = service(good, &["Good"]);
    let served = serve_files(&[&method, "name: 'a' dependency: 'b'", "name: 'b' dependency: 'a'"]);
    // The method is known, but not served.
    fails(&served, CALL, 64 + 12, "UNIMPLEMENTED");
    let list = client(&["-s", &served.target, "list", "s.S"], "");
    assert_eq!(list.stdout, ["s.S/Good"], "{list:?}");
}

/// What can't be understood affects only who uses it.
#[test]
fn a_fault_is_told_where_it_is_used_and_nowhere_else() {
    const FAULTS: [(&str, &str, &str); 8] = [
        (
            "field { name: 'f' number: 1 type: TYPE_MESSAGE type_name: '.no.Such' }",
            "{\"f\": {}}",
            "no type `no.Such`",
        ),
        (
            "field { name: 'f' number: 1 type: TYPE_MESSAGE type_name: '.s.E' }",
            "{\"f\": {}}",
            "`.s.E`",
        ),
        ("field { name: 'f' number: 0 type: TYPE_INT32 }", "{\"f\": 1}", "0 is not a field number"),
        (
            "field { name: 'f' number: -1 type: TYPE_INT32 }",
            "{\"f\": 1}",
            "-1 is not a field number",
        ),
        (
            "field { name: 'f' number: 1 type: TYPE_MESSAGE type_name: '.s.Twice' }",
            "{\"f\": {}}",
            "`s.Twice` is defined twice, in s.proto and in twice",
        ),
        (
            "field { name: 'f' number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: '.s.NoKey' }",
            "{\"f\": {}}",
            "a map with invalid keys",
        ),
        (
            "field { name: 'f' number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: '.s.FloatKey' }",
            "{\"f\": {}}",
            "a map with invalid keys",
        ),
        (
            "field { name: 'f' number: 1 type: TYPE_ENUM type_name: '.s.Good' }",
            "{\"f\": 1}",
            "`.s.Good`",
        ),
    ];
    let shared = "dependency: 'twice' enum_type { name: 'E' } message_type { name: 'Good' }
        message_type { name: 'Twice' }
        message_type { name: 'NoKey' options { map_entry: true } }
        message_type {
            name: 'FloatKey' options { map_entry: true }
            field { name: 'key' number: 1 type: TYPE_FLOAT }
            field { name: 'value' number: 2 type: TYPE_FLOAT }
        }";
    for (field, request, words) in FAULTS {
        let bad = format!("{shared} message_type {{ name: 'Bad' {field} }}");
        let bad = service(&bad, &["Good", "Bad", "Gone"]);
        let served =
            serve_files(&[&bad, "name: 'twice' package: 's' message_type { name: 'Twice' }"]);
        // Debian's core now and then cancels a call of a method that the server does not have.
        if is_bundled_core() {
            fails(&served, CALL, 64 + 12, "UNIMPLEMENTED");
        }
        fails(&served, &["call", "s.S/Gone", "{}"], INTERNAL, "no message `s.Gone`");
        let ended = client(&["-s", &served.target, "call", "s.S/Bad", request], "");
        assert_eq!(ended.code(), Some(2), "{field}: {ended:?}");
        assert!(ended.stderr.contains(words), "{field}: expected `{words}`, saw {ended:?}");
    }
}

/// Numbers of enums that this protobuf does not have: of a type, a label, and a syntax.
#[test]
fn enums_of_a_later_protobuf_are_told_where_they_are_used() {
    let good = service("message_type { name: 'Good' } syntax: 'proto9'", &["Good", "Bad"]);
    let mut bytes = file(&good);
    // message_type { name: "Bad" field { name: "f" number: 1 label: 9 type: 99 } }
    bytes.extend(b"\x22\x10\x0a\x03Bad\x12\x09\x0a\x01f\x18\x01\x20\x09\x28\x63");
    let served = serve(move |_| Some(files([bytes.clone()])));
    fails(&served, CALL, 64 + 12, "UNIMPLEMENTED");
    let ended = client(&["-s", &served.target, "call", "s.S/Bad", "{\"f\": 1}"], "");
    assert_eq!(ended.code(), Some(2), "{ended:?}");
    assert!(ended.stderr.contains("no type with the number 99"), "{ended:?}");
    let described = client(&["-s", &served.target, "describe", "s.Bad"], "");
    assert!(described.stdout.contains(&"  type_99 f = 1;".to_owned()), "{described:?}");
}

#[test]
fn a_group_is_used_like_any_other_field() {
    let message = "message_type {
        name: 'Good'
        field { name: 'pair' number: 1 label: LABEL_OPTIONAL type: TYPE_GROUP type_name: '.s.Good.Pair' }
        nested_type {
            name: 'Pair' field { name: 'left' number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 }
        }
    }";
    let served = serve_files(&[&service(message, &["Good"])]);
    fails(&served, &["call", "s.S/Good", "{\"pair\": {\"left\": 1}}"], 64 + 12, "UNIMPLEMENTED");
    let described = client(&["-s", &served.target, "describe", "s.Good"], "");
    assert!(described.stdout.join("\n").contains("  optional group Pair = 1 {\n"), "{described:?}");
    let mut reflector = Reflector::new(Channel::to(&served.target), || Ok(Request::new(())));
    let schema = run(reflector.schema("s.S")).unwrap();
    let method = schema.method("s.S", "Good").unwrap().unwrap();
    let request = json::parse(method.input(), "{\"pair\": {\"left\": 1}}").unwrap();
    assert_eq!(request.bytes(), b"\x0b\x08\x01\x0c");
}

#[test]
fn a_silent_server_is_left_when_time_is_up_or_at_ctrl_c() {
    let served = serve(|_| None);
    for command in [CALL, &["list"], &["describe", "s.S"]] {
        let command = [&["--timeout", "500ms"], command].concat();
        fails(&served, &command, 64 + 4, "DEADLINE_EXCEEDED");
        let waiting =
            start(chat_client(), [&["-vv", "-s", &served.target], &command[2..]].concat());
        waiting.wait_for_log("trace");
        waiting.signal("INT");
        let ended = waiting.end();
        assert_eq!(ended.code(), Some(4), "{command:?}: {ended:?}");
    }
}

#[test]
fn ctrl_c_works_while_files_come_without_an_end() {
    let served = serve_slowly(Duration::from_secs(1), endless);
    let waiting = start(chat_client(), [&["-vv", "-s", &served.target], CALL].concat());
    waiting.wait_for_log("trace");
    waiting.signal("INT");
    let ended = waiting.end();
    assert_eq!(ended.code(), Some(4), "{ended:?}");
}

#[test]
fn patience_ends_before_a_server_does() {
    let served = serve(|_| None);
    let reflector = Reflector::new(Channel::to(&served.target), || Ok(Request::new(())));
    let mut reflector = reflector.patience(Duration::from_millis(100));
    let error = run(reflector.schema("s.S")).unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error:?}");
    assert_eq!(run(reflector.services()).unwrap_err().code(), Code::DeadlineExceeded);
}

#[test]
fn answers_to_other_questions_are_refused_in_a_few_words() {
    let names =
        (0..10_000).map(|n| ServiceResponse { name: format!("s{n}"), ..Default::default() });
    let list = ListServiceResponse { service: names.collect(), ..Default::default() };
    let fine = ErrorResponse::default();
    for (answer, words) in [
        (Answer::ListServicesResponse(list), "answered a different request"),
        (Answer::ErrorResponse(fine), "an error with the code OK"),
        (files([b"\xff\xff".to_vec()]), "can't be decoded"),
    ] {
        let served = serve(move |_| Some(answer.clone()));
        let ended = fails(&served, CALL, INTERNAL, words);
        assert!(ended.stderr.len() < 1000, "{ended:?}");
    }
}

/// More services than a person reads.
#[test]
fn what_is_there_instead_is_told_in_part() {
    let served = serve(|ask| {
        let name = |n| ServiceResponse { name: format!("service.number{n}"), ..Default::default() };
        Some(match ask {
            Ask::ListServices(_) => Answer::ListServicesResponse(ListServiceResponse {
                service: (0..100_000).map(name).collect(),
                ..Default::default()
            }),
            _ => not_found(),
        })
    });
    let ended = client(&["-s", &served.target, "list", "x"], "");
    assert_eq!(ended.code(), Some(2), "{ended:?}");
    assert!(ended.stderr.contains("and 99980 more"), "{ended:?}");
}

/// A server that does not end the questions does not hold a client for ever.
#[test]
fn the_end_of_the_questions_is_not_waited_for_without_a_limit() {
    let served = serve_with(Chat::default(), |builder| {
        builder.service(ServerReflectionServer::new(Endless))
    });
    let list = client(&["-s", &served.target, "--timeout", "2s", "list"], "");
    assert_eq!((list.code(), &*list.stdout), (Some(0), &["s.S".to_owned()][..]), "{list:?}");
}

struct Endless;

impl ServerReflection for Endless {
    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<impl Stream<Item = Result<ServerReflectionResponse, Status>> + Send>, Status>
    {
        let answers = request.into_inner().map(|_| {
            let service = ServiceResponse { name: "s.S".into(), ..Default::default() };
            let list = ListServiceResponse { service: vec![service], ..Default::default() };
            let message_response = Some(Answer::ListServicesResponse(list));
            Ok(ServerReflectionResponse { message_response, ..Default::default() })
        });
        Ok(Response::new(answers.chain(stream::pending())))
    }
}
