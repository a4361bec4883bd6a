//! `grpc.reflection.v1.ServerReflection` and its older name, `…v1alpha…`: the messages of the two
//! are the same on the wire, so one implementation serves both.
//! <https://github.com/grpc/grpc/blob/master/doc/server-reflection.md>

mod index;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use futures::{StreamExt, future};
use grpcio::Method;
use protobuf::Message;
use protobuf::descriptor::FileDescriptorSet;

use crate::proto;
use crate::proto::grpc::reflection::v1::server_reflection_request::Message_request as Ask;
use crate::proto::grpc::reflection::v1::server_reflection_response::Message_response as Answer;
use crate::proto::grpc::reflection::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
    bare::METHOD_SERVER_REFLECTION_SERVER_REFLECTION_INFO as INFO,
};
use crate::rpc::{Code, Request, Response, Service, Status, Stream, Streaming};

use index::Index;

const V1: &str = "grpc.reflection.v1.ServerReflection";
const V1_ALPHA: &str = "grpc.reflection.v1alpha.ServerReflection";
const INFO_ALPHA: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

/// What a server publishes of its .proto files; give it to a server with
/// [`ServerBuilder::reflection`](crate::server::ServerBuilder::reflection).
///
/// ```
/// # mod proto { pub use quartet::proto::FILE_DESCRIPTOR_SET; }
/// use quartet::services::Reflection;
///
/// let reflection = Reflection::new([proto::FILE_DESCRIPTOR_SET])?;
/// # Ok::<_, quartet::services::InvalidDescriptors>(())
/// ```
#[derive(Debug)]
pub struct Reflection(Index);

/// Why descriptors can't be used: they are not a serialized `google.protobuf.FileDescriptorSet`.
#[derive(Debug)]
pub struct InvalidDescriptors(protobuf::Error);

impl Reflection {
    /// From serialized `google.protobuf.FileDescriptorSet`s, such as the `FILE_DESCRIPTOR_SET` in
    /// generated code. If two have a file with the same name, the first counts. The files of
    /// [`services`](crate::services) are already there.
    ///
    /// # Errors
    /// When one of them can't be decoded.
    pub fn new<'a>(sets: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, InvalidDescriptors> {
        let mut index = Index::default();
        for set in sets {
            decode(set)?.into_iter().for_each(|file| index.add(file));
        }
        decode(proto::FILE_DESCRIPTOR_SET)?.into_iter().for_each(|file| index.add(file));
        Ok(Reflection(index))
    }

    /// Adds the two services to those of a server.
    pub(crate) fn add_to(self, services: &mut Vec<Service>) {
        let mut names: Vec<_> = services.iter().map(Service::name).chain([V1, V1_ALPHA]).collect();
        names.sort_unstable();
        let told = Arc::new(Told { index: self.0, services: names });
        services.push(service(&told, V1, INFO.name));
        services.push(service(&told, V1_ALPHA, INFO_ALPHA));
    }
}

fn decode(
    set: &[u8],
) -> Result<Vec<protobuf::descriptor::FileDescriptorProto>, InvalidDescriptors> {
    FileDescriptorSet::parse_from_bytes(set).map(|set| set.file).map_err(InvalidDescriptors)
}

fn service(told: &Arc<Told>, service: &'static str, method: &'static str) -> Service {
    let method = Method { name: method, ..INFO };
    Service::builder(service, told)
        .bidi(&method, |told, request, responder| async move {
            responder.answer(async { Ok(told.answers(request)) }).await;
        })
        .build()
}

/// What the services of one server publish.
struct Told {
    index: Index,
    services: Vec<&'static str>,
}

impl Told {
    fn answers(
        self: Arc<Self>,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Response<impl Stream<Item = Result<ServerReflectionResponse, Status>> + Send> {
        // Names of the files that the caller has got on this stream.
        let sent = HashSet::new();
        Response::new(request.into_inner().scan(sent, move |sent, request| {
            future::ready(Some(request.and_then(|request| self.respond(request, sent))))
        }))
    }

    fn respond(
        &self,
        request: ServerReflectionRequest,
        sent: &mut HashSet<String>,
    ) -> Result<ServerReflectionResponse, Status> {
        let Some(ask) = &request.message_request else {
            return Err(Status::invalid_argument(
                "the request asks for nothing that this server knows",
            ));
        };
        let answer = self.answer(ask, sent).unwrap_or_else(not_found);
        Ok(ServerReflectionResponse {
            valid_host: request.host.clone(),
            message_response: Some(answer),
            original_request: Some(request).into(),
            ..ServerReflectionResponse::default()
        })
    }

    /// What is asked for, or what is missing.
    fn answer(&self, ask: &Ask, sent: &mut HashSet<String>) -> Result<Answer, String> {
        let index = &self.index;
        let file = match ask {
            Ask::ListServices(_) => return Ok(self.list()),
            Ask::AllExtensionNumbersOfType(name) => {
                let numbers = index.extension_numbers(name);
                let numbers = numbers.ok_or_else(|| format!("no message `{name}`"))?;
                return Ok(Answer::AllExtensionNumbersResponse(ExtensionNumberResponse {
                    base_type_name: name.clone(),
                    extension_number: numbers,
                    ..ExtensionNumberResponse::default()
                }));
            }
            Ask::FileByFilename(name) => {
                index.file(name).ok_or_else(|| format!("no file `{name}`"))?
            }
            Ask::FileContainingSymbol(symbol) => {
                index.symbol(symbol).ok_or_else(|| format!("no symbol `{symbol}`"))?
            }
            Ask::FileContainingExtension(extension) => {
                let (name, number) = (&extension.containing_type, extension.extension_number);
                let file = index.extension(name, number);
                file.ok_or_else(|| format!("no extension {number} of `{name}`"))?
            }
        };
        Ok(Answer::FileDescriptorResponse(FileDescriptorResponse {
            file_descriptor_proto: index.with_imports(file, sent),
            ..FileDescriptorResponse::default()
        }))
    }

    fn list(&self) -> Answer {
        let service = |name: &&str| ServiceResponse {
            name: (*name).to_owned(),
            ..ServiceResponse::default()
        };
        Answer::ListServicesResponse(ListServiceResponse {
            service: self.services.iter().map(service).collect(),
            ..ListServiceResponse::default()
        })
    }
}

fn not_found(what: String) -> Answer {
    Answer::ErrorResponse(ErrorResponse {
        error_code: Code::NotFound as i32,
        error_message: format!("{what} found"),
        ..ErrorResponse::default()
    })
}

impl fmt::Display for InvalidDescriptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a serialized google.protobuf.FileDescriptorSet: {}", self.0)
    }
}

impl std::error::Error for InvalidDescriptors {}
