use std::collections::BTreeMap;

use grpcio::Method;
use protobuf::Message;
use protobuf::descriptor::FileDescriptorProto;

use crate::proto::grpc::reflection::v1::server_reflection_request::Message_request as Ask;
use crate::proto::grpc::reflection::v1::server_reflection_response::Message_response as Answer;
use crate::proto::grpc::reflection::v1::{
    FileDescriptorResponse, ServerReflectionRequest, ServerReflectionResponse,
    bare::METHOD_SERVER_REFLECTION_SERVER_REFLECTION_INFO as INFO,
};
use crate::proto::grpc::reflection::v1alpha::bare::METHOD_SERVER_REFLECTION_SERVER_REFLECTION_INFO as INFO_ALPHA;
use crate::rpc::{Client, Code, Request, Sender, Status, Streaming};

use super::Schema;
use super::schema::is_well_known;

/// Asks a server what it serves, by `grpc.reflection.v1`, and by `v1alpha` if the server answers
/// `UNIMPLEMENTED`. All questions go over one stream, until [`finish`](Self::finish).
pub struct Reflector<F> {
    client: Client,
    request: F,
    /// The name of the method: of v1, until that is known not to be there.
    method: &'static str,
    stream: Option<Stream>,
    files: BTreeMap<String, FileDescriptorProto>,
}

type Stream = (Sender<ServerReflectionRequest>, Streaming<ServerReflectionResponse>);

impl<F: Fn() -> Result<Request<()>, Status>> Reflector<F> {
    /// Over a client; `request` makes the request of the reflection call, with metadata and
    /// deadline. Nothing is sent before the first question.
    pub fn new(client: impl Into<Client>, request: F) -> Self {
        let client = client.into();
        Reflector { client, request, method: INFO.name, stream: None, files: BTreeMap::new() }
    }

    /// The full names of all services, in alphabetical order.
    ///
    /// # Errors
    /// As [`schema`](Self::schema).
    pub async fn services(&mut self) -> Result<Vec<String>, Status> {
        match self.ask(Ask::ListServices(String::new())).await? {
            Answer::ListServicesResponse(list) => {
                let mut names: Vec<_> = list.service.into_iter().map(|it| it.name).collect();
                names.sort_unstable();
                Ok(names)
            }
            other => Err(not_an_answer(&other)),
        }
    }

    /// The file that defines a service, message or any other symbol, with all that it imports.
    ///
    /// # Errors
    /// `NOT_FOUND` if the server doesn't know it; `UNIMPLEMENTED` if it has no reflection;
    /// `INTERNAL` if its descriptors can't be used; or how the reflection call ended.
    pub async fn schema(&mut self, symbol: &str) -> Result<Schema, Status> {
        self.fetch(Ask::FileContainingSymbol(symbol.to_owned())).await?;
        while let Some(missing) = self.missing() {
            self.fetch(Ask::FileByFilename(missing.clone())).await?;
            if !self.files.contains_key(&missing) {
                return Err(Status::internal(format!(
                    "the server sent another file where `{missing}` was asked for"
                )));
            }
        }
        Schema::new(self.files.values().cloned()).map_err(|error| {
            Status::internal(format!("the server's descriptors can't be used: {error}"))
        })
    }

    /// Ends the reflection call in good order; a reflector that is dropped cancels it.
    pub async fn finish(self) {
        if let Some((mut sender, mut replies)) = self.stream {
            sender.close().await;
            // Nothing was asked that is not answered.
            let _ = replies.message().await;
        }
    }

    /// A file that is imported, and was not sent along.
    fn missing(&self) -> Option<String> {
        let imports = self.files.values().flat_map(|file| &file.dependency);
        let missing = |name: &&String| !self.files.contains_key(*name) && !is_well_known(name);
        imports.into_iter().find(missing).cloned()
    }

    async fn fetch(&mut self, ask: Ask) -> Result<(), Status> {
        let files = match self.ask(ask).await? {
            Answer::FileDescriptorResponse(FileDescriptorResponse {
                file_descriptor_proto,
                ..
            }) => file_descriptor_proto,
            other => return Err(not_an_answer(&other)),
        };
        for bytes in files {
            let file = FileDescriptorProto::parse_from_bytes(&bytes).map_err(|error| {
                Status::internal(format!("the server sent a file that can't be decoded: {error}"))
            })?;
            self.files.insert(file.name().to_owned(), file);
        }
        Ok(())
    }

    async fn ask(&mut self, ask: Ask) -> Result<Answer, Status> {
        let request = ServerReflectionRequest {
            message_request: Some(ask),
            ..ServerReflectionRequest::default()
        };
        loop {
            let (mut sender, mut replies) = match self.stream.take() {
                Some(stream) => stream,
                None => {
                    let method = Method { name: self.method, ..INFO };
                    self.client.bidi(&method, (self.request)()?)?
                }
            };
            // That it can't be sent means that the call has ended; the replies say how.
            let _ = sender.send(request.clone()).await;
            match replies.message().await {
                Ok(Some(reply)) => {
                    self.stream = Some((sender, replies));
                    return answer(reply);
                }
                Ok(None) => {
                    return Err(Status::internal("the server ended the reflection unanswered"));
                }
                Err(status) if status.code() != Code::Unimplemented => return Err(status),
                Err(_) if self.method == INFO.name => self.method = INFO_ALPHA.name,
                Err(_) => return Err(Status::unimplemented("the server has no reflection")),
            }
        }
    }
}

fn answer(reply: ServerReflectionResponse) -> Result<Answer, Status> {
    match reply.message_response {
        Some(Answer::ErrorResponse(error)) => {
            Err(Status::new(Code::from(error.error_code), error.error_message))
        }
        Some(answer) => Ok(answer),
        None => Err(Status::internal("the server's reflection answered with nothing")),
    }
}

fn not_an_answer(answer: &Answer) -> Status {
    Status::internal(format!("the server's reflection answered another question: {answer:?}"))
}
