//! The TestService.

use std::pin::Pin;
use std::time::Duration;

use prost::Message;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Request, Response, Status, Streaming};

use tonic_interop_peer::testing::test_service_server::TestService;
use tonic_interop_peer::testing::{
    EchoStatus, Empty, SimpleRequest, SimpleResponse, StreamingInputCallRequest,
    StreamingInputCallResponse, StreamingOutputCallRequest, StreamingOutputCallResponse,
};
use tonic_interop_peer::{ECHO_INITIAL, ECHO_TRAILING, LOAD_REPORT, payload};

use crate::reports::{self, Reports};
use crate::trailers::Trailers;

type Outbound = mpsc::Sender<Result<StreamingOutputCallResponse, Status>>;
type Responses = Pin<Box<dyn Stream<Item = Result<StreamingOutputCallResponse, Status>> + Send>>;

pub struct Test {
    reports: Reports,
}

impl Test {
    pub fn new(reports: Reports) -> Self {
        Test { reports }
    }
}

#[tonic::async_trait]
impl TestService for Test {
    async fn empty_call(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(echo_metadata(request.metadata(), Empty {}))
    }

    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let wanted = request.get_ref();
        echo_status(&wanted.response_status)?;
        let mut answer =
            SimpleResponse { payload: body(wanted.response_size)?, ..Default::default() };
        if wanted.fill_server_id {
            answer.server_id = format!("tonic-{}", std::process::id());
        }
        let mut response = echo_metadata(request.metadata(), answer);
        if !wanted.response_compressed.is_some_and(|compressed| compressed.value) {
            response.disable_compression();
        }
        if let Some(load) = &wanted.orca_per_query_report {
            let report = reports::report(load.clone()).encode_to_vec();
            let trailers = response.extensions_mut().get_or_insert_default::<Trailers>();
            trailers.0.insert_bin(LOAD_REPORT, MetadataValue::from_bytes(&report));
        }
        Ok(response)
    }

    async fn cacheable_unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let mut response = self.unary_call(request).await?;
        let cache = MetadataValue::from_static("max-age=60, public");
        response.metadata_mut().insert("cache-control", cache);
        Ok(response)
    }

    type StreamingOutputCallStream = Responses;

    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Result<Response<Responses>, Status> {
        let metadata = request.metadata().clone();
        let responses = stream(async move |outbound| {
            answer(&outbound, request.get_ref()).await?;
            echo_status(&request.get_ref().response_status)
        });
        Ok(echo_metadata(&metadata, responses))
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let metadata = request.metadata().clone();
        let mut inbound = request.into_inner();
        let mut aggregated_payload_size = 0;
        while let Some(request) = inbound.message().await? {
            aggregated_payload_size += request.payload.unwrap_or_default().body.len() as i32;
        }
        let answer = StreamingInputCallResponse { aggregated_payload_size };
        let mut response = echo_metadata(&metadata, answer);
        response.disable_compression();
        Ok(response)
    }

    type FullDuplexCallStream = Responses;

    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Responses>, Status> {
        let metadata = request.metadata().clone();
        let mut inbound = request.into_inner();
        let reports = self.reports.clone();
        let responses = stream(async move |outbound| {
            let mut held = None;
            while let Some(mut request) = inbound.message().await? {
                echo_status(&request.response_status)?;
                if let Some(load) = request.orca_oob_report.take() {
                    if held.is_none() {
                        held = Some(reports.hold().await);
                    }
                    reports.set(load);
                }
                answer(&outbound, &request).await?;
            }
            Ok(())
        });
        Ok(echo_metadata(&metadata, responses))
    }

    type HalfDuplexCallStream = Responses;

    async fn half_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Responses>, Status> {
        let metadata = request.metadata().clone();
        let mut inbound = request.into_inner();
        let responses = stream(async move |outbound| {
            let mut requests = Vec::new();
            while let Some(request) = inbound.message().await? {
                requests.push(request);
            }
            for request in &requests {
                answer(&outbound, request).await?;
            }
            Ok(())
        });
        Ok(echo_metadata(&metadata, responses))
    }

    async fn unimplemented_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented("no server has it"))
    }
}

fn echo_metadata<T>(request: &MetadataMap, message: T) -> Response<T> {
    let mut response = Response::new(message);
    if let Some(initial) = request.get(ECHO_INITIAL) {
        response.metadata_mut().insert(ECHO_INITIAL, initial.clone());
    }
    let mut trailers = Trailers::default();
    if let Some(trailing) = request.get_bin(ECHO_TRAILING) {
        trailers.0.insert_bin(ECHO_TRAILING, trailing.clone());
    }
    response.extensions_mut().insert(trailers);
    response
}

fn echo_status(wanted: &Option<EchoStatus>) -> Result<(), Status> {
    match wanted {
        Some(wanted) if wanted.code != 0 => {
            Err(Status::new(Code::from_i32(wanted.code), &wanted.message))
        }
        _ => Ok(()),
    }
}

fn body(size: i32) -> Result<Option<tonic_interop_peer::testing::Payload>, Status> {
    let negative = |_| Status::invalid_argument(format!("a response of {size} bytes"));
    Ok(payload(usize::try_from(size).map_err(negative)?))
}

/// The responses that `answer` sends; at its end, its status.
fn stream<F>(answer: impl FnOnce(Outbound) -> F) -> Responses
where
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    let (outbound, responses) = mpsc::channel(1);
    let answered = answer(outbound.clone());
    tokio::spawn(async move {
        if let Err(status) = answered.await {
            let _ = outbound.send(Err(status)).await; // The call may have ended.
        }
    });
    Box::pin(ReceiverStream::new(responses))
}

/// Answers as the request asks.
async fn answer(outbound: &Outbound, request: &StreamingOutputCallRequest) -> Result<(), Status> {
    for wanted in &request.response_parameters {
        sleep(Duration::from_micros(wanted.interval_us.max(0) as u64)).await;
        let response = StreamingOutputCallResponse { payload: body(wanted.size)? };
        let ended = |_| Status::cancelled("the call has ended");
        outbound.send(Ok(response)).await.map_err(ended)?;
    }
    Ok(())
}
