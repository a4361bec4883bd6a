//! grpc.reflection.v1 and v1alpha: what tools ask of a server whose .proto files they don't have.

use chat::Chat;
use chat::proto::FILE_DESCRIPTOR_SET;
use futures::{Stream, StreamExt, TryStreamExt};
use protobuf::Message as _;
use protobuf::descriptor::FileDescriptorProto;
use quartet::channel::Channel;
use quartet::dynamic::Reflector;
use quartet::proto::grpc::reflection::v1::server_reflection_request::Message_request as Ask;
use quartet::proto::grpc::reflection::v1::server_reflection_response::Message_response as Answer;
use quartet::proto::grpc::reflection::v1::{
    ExtensionRequest, ServerReflectionClient, ServerReflectionRequest,
};
use quartet::proto::grpc::reflection::v1alpha;
use quartet::rpc::{Code, Request, Response, Status, Streaming};
use quartet::services::{Channelz, Reflection};

use crate::support::{Served, run, serve_with};

fn serve() -> Served {
    serve_with(Chat::default(), |builder| {
        builder.service(Channelz).reflection(Reflection::new([FILE_DESCRIPTOR_SET]).unwrap())
    })
}

/// The answers to these questions, on one stream.
fn ask(served: &Served, asks: Vec<Ask>) -> Vec<Answer> {
    let client = ServerReflectionClient::new(Channel::to(&served.target));
    run(async {
        let (mut sender, replies) = client.server_reflection_info(Request::new(())).unwrap();
        for ask in asks {
            let request =
                ServerReflectionRequest { message_request: Some(ask), ..Default::default() };
            sender.send(request).await.unwrap();
        }
        sender.close().await;
        replies.map(|reply| reply.unwrap().message_response.unwrap()).collect().await
    })
}

fn files(answer: &Answer) -> Vec<String> {
    let Answer::FileDescriptorResponse(files) = answer else { panic!("no files: {answer:?}") };
    let name =
        |bytes: &Vec<u8>| FileDescriptorProto::parse_from_bytes(bytes).unwrap().name.unwrap();
    files.file_descriptor_proto.iter().map(name).collect()
}

fn error(answer: &Answer) -> Code {
    let Answer::ErrorResponse(error) = answer else { panic!("no error: {answer:?}") };
    error.error_code.into()
}

#[test]
fn only_services_that_the_server_has_are_listed() {
    let answers = ask(&serve(), vec![Ask::ListServices("*".into())]);
    let Answer::ListServicesResponse(list) = &answers[0] else { panic!("{answers:?}") };
    let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    let expected = [
        "chat.ChatService",
        "grpc.channelz.v1.Channelz",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ];
    assert_eq!(names, expected);
}

#[test]
fn every_kind_of_symbol_leads_to_its_file() {
    let symbols = [
        "chat.ChatService",
        "chat.ChatService.SayHello",
        "chat.Message",
        "chat.Message.user",
        "grpc.channelz.v1.Address.TcpIpAddress",
        "grpc.channelz.v1.ChannelConnectivityState.State",
        "grpc.channelz.v1.ChannelConnectivityState.READY",
        "grpc.channelz.v1.Address.address",
    ];
    let served = serve();
    for symbol in symbols {
        let answers = ask(&served, vec![Ask::FileContainingSymbol(symbol.into())]);
        let file = if symbol.starts_with("chat.") {
            "chat/chat.proto"
        } else {
            "grpc/channelz/v1/channelz.proto"
        };
        assert_eq!(files(&answers[0])[0], file, "{symbol}");
    }
}

#[test]
fn imports_come_along_once_a_stream_and_the_file_itself_always() {
    let file = "grpc/channelz/v1/channelz.proto";
    let by_name = || Ask::FileByFilename(file.into());
    let wrappers = || Ask::FileByFilename("google/protobuf/wrappers.proto".into());
    let answers = ask(&serve(), vec![wrappers(), by_name(), by_name()]);
    assert_eq!(files(&answers[0]), ["google/protobuf/wrappers.proto"]);
    let with_imports = [
        file,
        "google/protobuf/any.proto",
        "google/protobuf/duration.proto",
        "google/protobuf/timestamp.proto",
    ];
    assert_eq!(files(&answers[1]), with_imports);
    assert_eq!(files(&answers[2]), [file]);
}

#[test]
fn what_is_not_there_is_said_and_the_stream_goes_on() {
    let extension = ExtensionRequest {
        containing_type: "chat.Message".into(),
        extension_number: 7,
        ..Default::default()
    };
    let asks = vec![
        Ask::FileByFilename("no.proto".into()),
        Ask::FileContainingSymbol("chat.Nothing".into()),
        Ask::FileContainingExtension(extension),
        Ask::AllExtensionNumbersOfType("chat.Nothing".into()),
        Ask::FileByFilename("chat/chat.proto".into()),
    ];
    let answers = ask(&serve(), asks);
    for answer in &answers[..4] {
        assert_eq!(error(answer), Code::NotFound);
    }
    assert_eq!(files(&answers[4]), ["chat/chat.proto"]);
}

/// A set with an extension, as users have it in files of proto2.
#[test]
fn extensions_are_found_by_their_numbers() {
    use protobuf::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};
    let mut extended = FileDescriptorProto::new();
    extended.set_name("extended.proto".into());
    extended.set_package("ext".into());
    let mut message = DescriptorProto::new();
    message.set_name("Base".into());
    extended.message_type.push(message);
    let mut extension = FieldDescriptorProto::new();
    extension.set_name("more".into());
    extension.set_number(126);
    extension.set_extendee(".ext.Base".into());
    extended.extension.push(extension);
    let set = FileDescriptorSet { file: vec![extended], ..Default::default() };
    let set = set.write_to_bytes().unwrap();
    let served = serve_with(Chat::default(), |builder| {
        builder.reflection(Reflection::new([&set[..], FILE_DESCRIPTOR_SET]).unwrap())
    });
    let by_number = ExtensionRequest {
        containing_type: "ext.Base".into(),
        extension_number: 126,
        ..Default::default()
    };
    let asks = vec![
        Ask::AllExtensionNumbersOfType("ext.Base".into()),
        Ask::AllExtensionNumbersOfType("chat.Message".into()),
        Ask::FileContainingExtension(by_number),
        Ask::FileContainingSymbol("ext.more".into()),
    ];
    let answers = ask(&served, asks);
    let numbers = |answer: &Answer| match answer {
        Answer::AllExtensionNumbersResponse(numbers) => numbers.extension_number.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(numbers(&answers[0]), [126]);
    assert!(numbers(&answers[1]).is_empty());
    assert_eq!(files(&answers[2]), ["extended.proto"]);
    assert_eq!(files(&answers[3]), ["extended.proto"]);
}

#[test]
fn the_older_version_answers_alike() {
    let served = serve();
    let client = v1alpha::ServerReflectionClient::new(Channel::to(&served.target));
    run(async {
        let (mut sender, mut replies) = client.server_reflection_info(Request::new(())).unwrap();
        let mut request = v1alpha::ServerReflectionRequest::new();
        request.set_file_containing_symbol("chat.Message".into());
        sender.send(request.clone()).await.unwrap();
        let reply = replies.message().await.unwrap().unwrap();
        assert_eq!(reply.original_request.0, Some(Box::new(request)));
        assert_eq!(reply.file_descriptor_response().file_descriptor_proto.len(), 1);
    });
}

/// A server that is older than v1, and knows one service.
struct Older;

impl v1alpha::ServerReflection for Older {
    async fn server_reflection_info(
        &self,
        request: Request<Streaming<v1alpha::ServerReflectionRequest>>,
    ) -> Result<
        Response<impl Stream<Item = Result<v1alpha::ServerReflectionResponse, Status>> + Send>,
        Status,
    > {
        let answers = request.into_inner().map_ok(|_| {
            let mut response = v1alpha::ServerReflectionResponse::new();
            let mut service = v1alpha::ServiceResponse::new();
            service.name = "old.Service".into();
            response.mut_list_services_response().service.push(service);
            response
        });
        Ok(Response::new(answers))
    }
}

#[test]
fn a_reflector_falls_back_to_the_older_version() {
    let served = serve_with(Chat::default(), |builder| {
        builder.service(v1alpha::ServerReflectionServer::new(Older))
    });
    let mut reflector = Reflector::new(Channel::to(&served.target), || Ok(Request::new(())));
    let services = run(reflector.services()).unwrap();
    assert_eq!(services, ["old.Service"]);
}

#[test]
fn a_reflector_says_that_there_is_no_reflection_as_often_as_asked() {
    let served = serve_with(Chat::default(), |builder| builder);
    let mut reflector = Reflector::new(Channel::to(&served.target), || Ok(Request::new(())));
    for _ in 0..2 {
        let error = run(reflector.services()).unwrap_err();
        assert_eq!(
            (error.code(), error.message()),
            (Code::Unimplemented, "the server has no reflection")
        );
    }
}

#[test]
fn bytes_that_are_no_descriptors_are_refused() {
    let error = Reflection::new([&b"\xff\xff"[..]]).unwrap_err();
    assert!(error.to_string().contains("FileDescriptorSet"), "{error}");
}
