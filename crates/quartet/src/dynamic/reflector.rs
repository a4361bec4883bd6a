mod limits;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use futures_timer::Delay;
use grpcio::Method;
use protobuf::Message;
use protobuf::descriptor::FileDescriptorProto;

use crate::proto::grpc::reflection::v1::server_reflection_request::Message_request as Ask;
use crate::proto::grpc::reflection::v1::server_reflection_response::Message_response as Answer;
use crate::proto::grpc::reflection::v1::{
    ServerReflectionRequest, ServerReflectionResponse,
    bare::METHOD_SERVER_REFLECTION_SERVER_REFLECTION_INFO as INFO,
};
use crate::proto::grpc::reflection::v1alpha::bare::METHOD_SERVER_REFLECTION_SERVER_REFLECTION_INFO as INFO_ALPHA;
use crate::rpc::{Client, Code, Request, Sender, Status, Streaming};

use super::Schema;
use super::schema::is_well_known;
use limits::Spent;

/// How long a question may take, with all the files that it leads to.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a server may take to end the questions.
const FAREWELL: Duration = Duration::from_secs(5);

/// Asks a server what it serves, by `grpc.reflection.v1`, or by `v1alpha` if the server answers
/// `UNIMPLEMENTED`. All queries share one stream, until [`finish`](Self::finish).
///
/// A broken or hostile server is limited: it may send 10,000 files with 64 MiB and two million
/// definitions, and a query may take 60 seconds, or as long as [`patience`](Self::patience) says.
pub struct Reflector<F> {
    client: Client,
    request: F,
    /// The name of the method: of v1, until that is known not to be there.
    method: &'static str,
    stream: Option<Stream>,
    patience: Duration,
    files: BTreeMap<String, Arc<FileDescriptorProto>>,
    /// Those that were asked for in vain.
    missing: BTreeSet<String>,
    spent: Spent,
}

impl<F> fmt::Debug for Reflector<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reflector").field("method", &self.method).finish_non_exhaustive()
    }
}

type Stream = (Sender<ServerReflectionRequest>, Streaming<ServerReflectionResponse>);

impl<F: Fn() -> Result<Request<()>, Status>> Reflector<F> {
    /// Over a client; `request` makes the request of the reflection call, with metadata and
    /// deadline. Nothing is sent before the first query.
    pub fn new(client: impl Into<Client>, request: F) -> Self {
        Reflector {
            client: client.into(),
            request,
            method: INFO.name,
            stream: None,
            patience: PATIENCE,
            files: BTreeMap::new(),
            missing: BTreeSet::new(),
            spent: Spent::default(),
        }
    }

    /// How long each query may take, unless the deadline of the request ends it sooner; 60 seconds
    /// by default.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The full names of all services, in alphabetical order.
    ///
    /// # Errors
    /// As [`schema`](Self::schema).
    pub async fn services(&mut self) -> Result<Vec<String>, Status> {
        let answer = within(self.patience, self.ask(Ask::ListServices(String::new()))).await;
        match self.ended(answer)? {
            Answer::ListServicesResponse(list) => {
                let mut names: Vec<_> = list.service.into_iter().map(|it| it.name).collect();
                names.sort_unstable();
                Ok(names)
            }
            _ => Err(not_an_answer()),
        }
    }

    /// The file that defines a service, message or any other symbol, with all that it imports. An
    /// import that the server does not have is left out: only what is used must be there.
    ///
    /// # Errors
    /// `NOT_FOUND` if the server doesn't know it; `UNIMPLEMENTED` if it has no reflection;
    /// `INTERNAL` if its descriptors can't be used, or are too many; `DEADLINE_EXCEEDED` if it
    /// takes too long; or how the reflection call ended.
    pub async fn schema(&mut self, symbol: &str) -> Result<Schema, Status> {
        let files = within(self.patience, self.collect(symbol)).await;
        let files = self.ended(files)?;
        Schema::of(files).map_err(|error| {
            Status::internal(format!("the server's descriptors can't be used: {error}"))
        })
    }

    /// Ends the reflection call gracefully, if the server does so within a few seconds; dropping
    /// the reflector cancels it.
    pub async fn finish(self) {
        if let Some((mut sender, mut replies)) = self.stream {
            // Nothing was asked that is not answered.
            let end = async {
                sender.close().await;
                replies.message().await.map(|_| ())
            };
            let _ = within(FAREWELL.min(self.patience), end).await;
        }
    }

    /// The result of a query; if it timed out, the call is over too.
    fn ended<T>(&mut self, result: Option<Result<T, Status>>) -> Result<T, Status> {
        result.unwrap_or_else(|| {
            self.stream = None;
            let patience = self.patience;
            Err(Status::deadline_exceeded(format!(
                "the server's reflection did not answer within {patience:?}"
            )))
        })
    }

    /// The files of a symbol, and of all that they import.
    async fn collect(&mut self, symbol: &str) -> Result<Vec<Arc<FileDescriptorProto>>, Status> {
        let first = self.fetch(Ask::FileContainingSymbol(symbol.to_owned())).await?;
        let (mut wanted, mut seen) = (VecDeque::from(first), BTreeSet::new());
        let mut files = Vec::new();
        while let Some(name) = wanted.pop_front() {
            if !seen.insert(name.clone()) {
                continue;
            }
            self.fetch_file(&name).await?;
            if let Some(file) = self.files.get(&name) {
                wanted.extend(file.dependency.iter().cloned());
                files.push(file.clone());
            }
        }
        Ok(files)
    }

    /// Sees to it that a file is there, if the server has it.
    async fn fetch_file(&mut self, name: &str) -> Result<(), Status> {
        let known = self.files.contains_key(name) || self.missing.contains(name);
        if known || is_well_known(name) {
            return Ok(());
        }
        match self.fetch(Ask::FileByFilename(name.to_owned())).await {
            Err(status) if status.code() != Code::NotFound => return Err(status),
            _ => {}
        }
        if !self.files.contains_key(name) {
            self.spent.add(&[])?;
            self.missing.insert(name.to_owned());
        }
        Ok(())
    }

    /// Asks for files, and gives their names. Of files with one name the first counts.
    async fn fetch(&mut self, ask: Ask) -> Result<Vec<String>, Status> {
        let Answer::FileDescriptorResponse(files) = self.ask(ask).await? else {
            return Err(not_an_answer());
        };
        let mut names = Vec::new();
        for bytes in files.file_descriptor_proto {
            // Some servers send all imports with every answer.
            if let Some(name) = limits::name(&bytes).filter(|it| self.files.contains_key(it)) {
                names.push(name);
                continue;
            }
            self.spent.add(&bytes)?;
            let file = FileDescriptorProto::parse_from_bytes(&bytes).map_err(|error| {
                Status::internal(format!("the server sent a file that can't be decoded: {error}"))
            })?;
            names.push(file.name().to_owned());
            self.files.entry(file.name().to_owned()).or_insert_with(|| Arc::new(file));
        }
        Ok(names)
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
                    return Err(Status::internal(
                        "the server ended the reflection stream without an answer",
                    ));
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
        Some(Answer::ErrorResponse(error)) if error.error_code == 0 => {
            Err(Status::internal("the server's reflection returned an error with the code OK"))
        }
        Some(Answer::ErrorResponse(error)) => {
            Err(Status::new(Code::from(error.error_code), error.error_message))
        }
        Some(answer) => Ok(answer),
        None => Err(Status::internal("the server's reflection returned an empty response")),
    }
}

fn not_an_answer() -> Status {
    Status::internal("the server's reflection answered a different request")
}

/// What a future gives, unless it takes longer.
async fn within<T>(patience: Duration, future: impl Future<Output = T>) -> Option<T> {
    if Instant::now().checked_add(patience).is_none() {
        return Some(future.await);
    }
    match select(pin!(future), Delay::new(patience)).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}
