//! The test service: does what each request asks for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{Stream, stream};
use futures_timer::Delay;
use quartet::rpc::{Code, Compression, Compressor, Metadata, Request, Response, Status, Streaming};

use super::{ECHO_INITIAL, ECHO_TRAILING, LOAD_METRICS, load_report, payload};
use crate::proto::grpc::testing::{
    BoolValue, EchoStatus, Empty, ResponseParameters, SimpleRequest, SimpleResponse,
    StreamingInputCallRequest, StreamingInputCallResponse, StreamingOutputCallRequest,
    StreamingOutputCallResponse, TestService,
};
use crate::proto::xds::data::orca::v3::OrcaLoadReport;
use crate::proto::xds::service::orca::v3::{OpenRcaService, OrcaLoadReportRequest};

/// What the server reports out of band of its load; the tests set it.
#[derive(Clone, Default)]
pub struct LoadReports(Arc<Mutex<OrcaLoadReport>>);

impl LoadReports {
    fn current(&self) -> MutexGuard<'_, OrcaLoadReport> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenRcaService for LoadReports {
    async fn stream_core_metrics(
        &self,
        request: Request<OrcaLoadReportRequest>,
    ) -> Result<Response<impl Stream<Item = Result<OrcaLoadReport, Status>> + Send>, Status> {
        const SHORTEST: Duration = Duration::from_millis(100);
        let interval = &request.get_ref().report_interval;
        let nanos = u64::try_from(interval.nanos).unwrap_or(0);
        let seconds = u64::try_from(interval.seconds).unwrap_or(0);
        let interval = Duration::from_secs(seconds) + Duration::from_nanos(nanos);
        let reports = self.clone();
        Ok(Response::new(stream::unfold(Duration::ZERO, move |wait| {
            let reports = reports.clone();
            async move {
                Delay::new(wait).await;
                let report = reports.current().clone();
                Some((Ok(report), interval.max(SHORTEST)))
            }
        })))
    }
}

/// The test service.
pub struct TestServer {
    reports: LoadReports,
}

impl TestServer {
    pub fn new(reports: LoadReports) -> Self {
        TestServer { reports }
    }

    async fn simple(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let asked = request.get_ref();
        check_compressed(asked.expect_compressed.as_ref(), request.compressed())?;
        check_status(asked.response_status.as_ref(), request.metadata())?;
        let size = size(asked.response_size)?;
        let answer = SimpleResponse { payload: payload(size), ..SimpleResponse::default() };
        let mut response = echoing(request.metadata(), answer);
        if let Some(report) = asked.orca_per_query_report.as_ref() {
            add(response.trailers_mut(), LOAD_METRICS, &load_report::encoded(report))?;
        }
        if let Some(report) = asked.orca_oob_report.as_ref() {
            *self.reports.current() = report.into();
        }
        if let Some(wanted) = asked.response_compressed.as_ref() {
            let no = Compression::None;
            response.set_compression(if wanted.value { Compression::Gzip } else { no });
        }
        if asked.fill_server_id {
            response.get_mut().server_id = format!("quartet-peer-{}", std::process::id());
        }
        Ok(response)
    }
}

impl TestService for TestServer {
    async fn empty_call(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(echoing(request.metadata(), Empty::default()))
    }

    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        self.simple(request).await
    }

    async fn cacheable_unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let mut response = self.simple(request).await?;
        add(response.headers_mut(), "cache-control", b"max-age=60, public")?;
        Ok(response)
    }

    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Streamed<impl Stream<Item = Answer> + Send> {
        let answers = Answers::new(&request, &self.reports);
        Ok(answers.to(Streaming::local(stream::iter([Ok(request.into_inner())]))))
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut response = echoing(request.metadata(), StreamingInputCallResponse::default());
        let mut requests = request.into_inner();
        while let Some(part) = requests.message().await? {
            check_compressed(part.expect_compressed.as_ref(), requests.compressed())?;
            let length = i32::try_from(part.payload.body.len()).unwrap_or(i32::MAX);
            let sum = &mut response.get_mut().aggregated_payload_size;
            *sum = sum.saturating_add(length);
        }
        Ok(response)
    }

    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Streamed<impl Stream<Item = Answer> + Send> {
        let answers = Answers::new(&request, &self.reports);
        Ok(answers.to(request.into_inner()))
    }

    async fn half_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Streamed<impl Stream<Item = Answer> + Send> {
        let answers = Answers::new(&request, &self.reports);
        let mut requests = request.into_inner();
        let mut all = Vec::new();
        while let Some(request) = requests.message().await? {
            all.push(Ok(request));
        }
        Ok(answers.to(Streaming::local(stream::iter(all))))
    }

    async fn unimplemented_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented("no server has it"))
    }
}

type Answer = Result<StreamingOutputCallResponse, Status>;
type Streamed<S> = Result<Response<S>, Status>;

/// The answers of one streaming call.
struct Answers {
    compressor: Option<Compressor>,
    metadata: Metadata,
    reports: LoadReports,
}

impl Answers {
    fn new<T>(request: &Request<T>, reports: &LoadReports) -> Self {
        let (compressor, metadata) = (request.compressor(), request.metadata().clone());
        Answers { compressor, metadata, reports: reports.clone() }
    }

    /// Each request's answers, in order; or the status that it asks for. The messages may be
    /// compressed, one by one.
    fn to(
        self,
        requests: Streaming<StreamingOutputCallRequest>,
    ) -> Response<impl Stream<Item = Answer> + Send> {
        let metadata = self.metadata.clone();
        let start = (self, requests, VecDeque::<ResponseParameters>::new());
        let answers = stream::try_unfold(start, async |(answers, mut requests, mut pending)| {
            loop {
                if let Some(wanted) = pending.pop_front() {
                    let answer = answers.one(&wanted).await?;
                    return Ok(Some((answer, (answers, requests, pending))));
                }
                let Some(request) = requests.message().await? else { return Ok(None) };
                if let Some(report) = request.orca_oob_report.as_ref() {
                    *answers.reports.current() = report.into();
                }
                check_status(request.response_status.as_ref(), &answers.metadata)?;
                pending = request.response_parameters.into();
            }
        });
        let mut response = echoing(&metadata, answers);
        response.set_compression(Compression::Gzip);
        response
    }

    async fn one(&self, wanted: &ResponseParameters) -> Answer {
        let pause = u64::try_from(wanted.interval_us).unwrap_or(0);
        if pause > 0 {
            Delay::new(Duration::from_micros(pause)).await;
        }
        if let Some(compressor) = &self.compressor {
            compressor.set(wanted.compressed.as_ref().is_some_and(|wanted| wanted.value));
        }
        let payload = payload(size(wanted.size)?);
        Ok(StreamingOutputCallResponse { payload, ..StreamingOutputCallResponse::default() })
    }
}

/// A response with the metadata that the caller wants to have back.
fn echoing<T>(metadata: &Metadata, message: T) -> Response<T> {
    let mut response = Response::new(message);
    for value in metadata.get_all(ECHO_INITIAL) {
        let _ = response.headers_mut().add(ECHO_INITIAL, value);
    }
    for value in metadata.get_all(ECHO_TRAILING) {
        let _ = response.trailers_mut().add(ECHO_TRAILING, value);
    }
    response
}

fn add(metadata: &mut Metadata, key: &str, value: &[u8]) -> Result<(), Status> {
    metadata.add(key, value).map_err(|error| Status::internal(error.to_string()))
}

fn check_compressed(expected: Option<&BoolValue>, is: bool) -> Result<(), Status> {
    match expected {
        Some(expected) if expected.value != is => Err(Status::invalid_argument(format!(
            "expect_compressed is {}, and the message's compressed flag is {is}",
            expected.value
        ))),
        _ => Ok(()),
    }
}

/// An error, if the caller wants one.
fn check_status(wanted: Option<&EchoStatus>, metadata: &Metadata) -> Result<(), Status> {
    let Some(wanted) = wanted.filter(|wanted| wanted.code != 0) else { return Ok(()) };
    let status = Status::new(Code::from(wanted.code), &*wanted.message);
    Err(status.with_metadata(echoing(metadata, ()).trailers().clone()))
}

fn size(asked: i32) -> Result<usize, Status> {
    usize::try_from(asked).map_err(|_| Status::invalid_argument(format!("a size of {asked}")))
}
