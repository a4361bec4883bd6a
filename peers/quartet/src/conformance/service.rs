//! The suite's service.

use futures::{Stream, StreamExt, stream};
use quartet::rpc::{Request, Response, Status, Streaming};

use super::answers::{self, Answers, any};
use super::metadata::to_headers;
use crate::proto::connectrpc::conformance::v1::conformance_payload::RequestInfo;
use crate::proto::connectrpc::conformance::v1::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse,
    ConformanceService, ServerStreamRequest, ServerStreamResponse, StreamResponseDefinition,
    UnaryRequest, UnaryResponse, UnimplementedRequest, UnimplementedResponse,
};

/// Answers what each request asks for.
pub struct ConformanceServer;

impl ConformanceService for ConformanceServer {
    async fn unary(
        &self,
        request: Request<UnaryRequest>,
    ) -> Result<Response<UnaryResponse>, Status> {
        let mut seen = seen_of(&request);
        let request = request.into_inner();
        seen.requests.push(any(&request));
        answers::one(request.response_definition.unwrap_or_default(), seen).await
    }

    async fn server_stream(
        &self,
        request: Request<ServerStreamRequest>,
    ) -> Result<Response<impl Stream<Item = Result<ServerStreamResponse, Status>> + Send>, Status>
    {
        let mut seen = seen_of(&request);
        let request = request.into_inner();
        seen.requests.push(any(&request));
        Answers::to(seen, nothing_more(), request.response_definition.unwrap_or_default())
    }

    async fn client_stream(
        &self,
        request: Request<Streaming<ClientStreamRequest>>,
    ) -> Result<Response<ClientStreamResponse>, Status> {
        let mut seen = seen_of(&request);
        let mut requests = request.into_inner();
        let mut definition = None;
        while let Some(request) = requests.message().await? {
            seen.requests.push(any(&request));
            definition.get_or_insert(request.response_definition);
        }
        let definition = definition.unwrap_or_default();
        answers::one(definition.unwrap_or_default(), seen).await
    }

    async fn bidi_stream(
        &self,
        request: Request<Streaming<BidiStreamRequest>>,
    ) -> Result<Response<impl Stream<Item = Result<BidiStreamResponse, Status>> + Send>, Status>
    {
        let mut seen = seen_of(&request);
        let mut requests = request.into_inner();
        let Some(first) = requests.message().await? else {
            return Answers::to(seen, nothing_more(), StreamResponseDefinition::default());
        };
        let definition = first.response_definition.clone().unwrap_or_default();
        if first.full_duplex {
            let requests = stream::iter([Ok(first)]).chain(requests);
            return Answers::to(seen, Streaming::local(requests), definition);
        }
        seen.requests.push(any(&first));
        while let Some(request) = requests.message().await? {
            seen.requests.push(any(&request));
        }
        Answers::to(seen, nothing_more(), definition)
    }

    async fn unimplemented(
        &self,
        _: Request<UnimplementedRequest>,
    ) -> Result<Response<UnimplementedResponse>, Status> {
        Err(Status::unimplemented("no server has it"))
    }
}

/// What there is to see of a call before its requests.
fn seen_of<T>(request: &Request<T>) -> RequestInfo {
    let left = request.time_left();
    RequestInfo {
        request_headers: to_headers(request.metadata()),
        timeout_ms: left.map(|left| i64::try_from(left.as_millis()).unwrap_or(i64::MAX)),
        ..RequestInfo::default()
    }
}

/// The requests of a call of which all have been read.
fn nothing_more() -> Streaming<BidiStreamRequest> {
    Streaming::local(stream::empty())
}
