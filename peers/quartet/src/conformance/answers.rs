//! What the server answers, as the definition in a request has it.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, stream};
use futures_timer::Delay;
use protobuf::well_known_types::any::Any;
use protobuf::{MessageField, MessageFull};
use quartet::rpc::{InvalidMetadata, Metadata, Response, Status, Streaming};

use super::metadata::from_headers;
use super::status;
use crate::proto::connectrpc::conformance::v1::conformance_payload::RequestInfo;
use crate::proto::connectrpc::conformance::v1::unary_response_definition;
use crate::proto::connectrpc::conformance::v1::{
    BidiStreamRequest, ConformancePayload, Error, Header, StreamResponseDefinition,
    UnaryResponseDefinition,
};

/// The one answer of a call.
pub async fn one<T: From<ConformancePayload>>(
    definition: UnaryResponseDefinition,
    seen: RequestInfo,
) -> Result<Response<T>, Status> {
    use unary_response_definition::Response::{Error, ResponseData};
    let headers = metadata(&definition.response_headers)?;
    let trailers = metadata(&definition.response_trailers)?;
    pause(definition.response_delay_ms).await;
    let data = match definition.response {
        Some(Error(error)) => {
            let status = status::from_error(error, Some(any(&seen)));
            return Err(status.with_headers(headers).with_metadata(trailers));
        }
        Some(ResponseData(data)) => data,
        None => Bytes::new(),
    };
    Ok(response(payload(data, Some(seen)).into(), headers, trailers))
}

/// The answers of a stream.
pub struct Answers {
    /// Of these, each gets its answer as it comes; what is left to say follows after the last.
    requests: Streaming<BidiStreamRequest>,
    data: VecDeque<Bytes>,
    error: Option<Error>,
    trailers: Metadata,
    delay_ms: u32,
    /// What the first answer reports of the call.
    call: Option<RequestInfo>,
    /// The requests that no answer has reported.
    untold: Vec<Any>,
}

impl Answers {
    /// All the answers, in reply to what was seen of the call and what is still to come.
    pub fn to<T: From<ConformancePayload>>(
        seen: RequestInfo,
        requests: Streaming<BidiStreamRequest>,
        definition: StreamResponseDefinition,
    ) -> Result<Response<impl Stream<Item = Result<T, Status>> + Send>, Status> {
        let headers = metadata(&definition.response_headers)?;
        let trailers = metadata(&definition.response_trailers)?;
        let mut call = seen;
        let answers = Answers {
            requests,
            data: definition.response_data.into(),
            error: definition.error.into_option(),
            trailers: trailers.clone(),
            delay_ms: definition.response_delay_ms,
            untold: mem::take(&mut call.requests),
            call: Some(call),
        };
        let stream = stream::try_unfold(answers, async |mut answers| {
            let next = answers.next().await?;
            Ok(next.map(|payload| (payload.into(), answers)))
        });
        Ok(response(stream, headers, trailers))
    }

    async fn next(&mut self) -> Result<Option<ConformancePayload>, Status> {
        if let Some(request) = self.requests.message().await? {
            self.untold.push(any(&request));
        }
        if let Some(data) = self.data.pop_front() {
            pause(self.delay_ms).await;
            return Ok(Some(payload(data, self.news())));
        }
        let Some(error) = self.error.take() else { return Ok(None) };
        let no_answer_was_sent = self.call.is_some();
        let detail = no_answer_was_sent.then(|| self.news()).flatten();
        let status = status::from_error(error, detail.as_ref().map(any));
        Err(status.with_metadata(self.trailers.clone()))
    }

    /// All that was seen at first, and then only the requests since.
    fn news(&mut self) -> Option<RequestInfo> {
        let requests = mem::take(&mut self.untold);
        match self.call.take() {
            Some(call) => Some(RequestInfo { requests, ..call }),
            None if requests.is_empty() => None,
            None => Some(RequestInfo { requests, ..RequestInfo::default() }),
        }
    }
}

/// A message, as the suite sends messages around.
pub fn any(message: &impl MessageFull) -> Any {
    Any::pack(message).expect("a proto3 message can be encoded")
}

fn payload(data: Bytes, seen: Option<RequestInfo>) -> ConformancePayload {
    let request_info = MessageField::from_option(seen);
    ConformancePayload { data, request_info, ..ConformancePayload::default() }
}

fn response<T>(message: T, headers: Metadata, trailers: Metadata) -> Response<T> {
    let mut response = Response::new(message);
    *response.headers_mut() = headers;
    *response.trailers_mut() = trailers;
    response
}

fn metadata(headers: &[Header]) -> Result<Metadata, Status> {
    from_headers(headers).map_err(|error: InvalidMetadata| {
        Status::invalid_argument(format!("the definition of the response: {error}"))
    })
}

async fn pause(milliseconds: u32) {
    if milliseconds > 0 {
        Delay::new(Duration::from_millis(milliseconds.into())).await;
    }
}
