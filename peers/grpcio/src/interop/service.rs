//! The test service: does what each request asks for, as far as grpcio can. What it can't:
//! trailers, knowing whether a request is compressed, an answer of one message without
//! compression.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{Sink, SinkExt, TryFutureExt, TryStreamExt};
use futures_timer::Delay;
use grpcio::{
    ClientStreamingSink, DuplexSink, Error, Metadata, MetadataBuilder, RequestStream, RpcContext,
    RpcStatus, ServerStreamingSink, UnarySink, WriteFlags,
};

use super::payload;
use crate::proto::empty::Empty;
use crate::proto::messages::{
    EchoStatus, SimpleRequest, SimpleResponse, StreamingInputCallRequest,
    StreamingInputCallResponse, StreamingOutputCallRequest, StreamingOutputCallResponse,
};
use crate::proto::orca::OrcaLoadReportRequest;
use crate::proto::orca_grpc::OpenRcaService;
use crate::proto::orca_load_report::OrcaLoadReport;
use crate::proto::test_grpc::TestService;

/// Metadata that the server sends back in its headers.
const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";

/// What the server reports out of band of its load; the tests set it.
#[derive(Clone, Default)]
pub struct LoadReports(Arc<Mutex<OrcaLoadReport>>);

impl LoadReports {
    fn current(&self) -> MutexGuard<'_, OrcaLoadReport> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenRcaService for LoadReports {
    fn stream_core_metrics(
        &mut self,
        ctx: RpcContext<'_>,
        request: OrcaLoadReportRequest,
        mut sink: ServerStreamingSink<OrcaLoadReport>,
    ) {
        const SHORTEST: Duration = Duration::from_millis(100);
        let asked = &request.report_interval;
        let seconds = u64::try_from(asked.seconds).unwrap_or(0);
        let nanos = u64::try_from(asked.nanos).unwrap_or(0);
        let interval = Duration::from_secs(seconds) + Duration::from_nanos(nanos);
        let reports = self.clone();
        let reporting = async move {
            loop {
                let report = reports.current().clone();
                sink.send((report, WriteFlags::default())).await?;
                Delay::new(interval.max(SHORTEST)).await;
            }
        };
        ctx.spawn(reporting.unwrap_or_else(report));
    }
}

/// The test service.
#[derive(Clone)]
pub struct TestServer {
    reports: LoadReports,
}

impl TestServer {
    pub fn new(reports: LoadReports) -> Self {
        TestServer { reports }
    }
}

impl TestService for TestServer {
    fn empty_call(&mut self, ctx: RpcContext<'_>, _: Empty, mut sink: UnarySink<Empty>) {
        sink.set_headers(echoed(&ctx));
        ctx.spawn(sink.success(Empty::default()).unwrap_or_else(report));
    }

    fn unary_call(
        &mut self,
        ctx: RpcContext<'_>,
        request: SimpleRequest,
        mut sink: UnarySink<SimpleResponse>,
    ) {
        sink.set_headers(echoed(&ctx));
        if let Some(report) = request.orca_oob_report.as_ref() {
            *self.reports.current() = report.into();
        }
        let answer = match asked_for(request.response_status.as_ref()) {
            Some(status) => sink.fail(status),
            None => sink.success(simple_response(&request)),
        };
        ctx.spawn(answer.unwrap_or_else(report));
    }

    fn streaming_output_call(
        &mut self,
        ctx: RpcContext<'_>,
        request: StreamingOutputCallRequest,
        mut sink: ServerStreamingSink<StreamingOutputCallResponse>,
    ) {
        sink.set_headers(echoed(&ctx));
        let answers = async move {
            if let Some(status) = asked_for(request.response_status.as_ref()) {
                return sink.fail(status).await;
            }
            answer(&mut sink, &request).await?;
            sink.close().await
        };
        ctx.spawn(answers.unwrap_or_else(report));
    }

    fn streaming_input_call(
        &mut self,
        ctx: RpcContext<'_>,
        mut requests: RequestStream<StreamingInputCallRequest>,
        mut sink: ClientStreamingSink<StreamingInputCallResponse>,
    ) {
        sink.set_headers(echoed(&ctx));
        let summing = async move {
            let mut response = StreamingInputCallResponse::default();
            while let Some(part) = requests.try_next().await? {
                let length = i32::try_from(part.payload.body.len()).unwrap_or(i32::MAX);
                let sum = &mut response.aggregated_payload_size;
                *sum = sum.saturating_add(length);
            }
            sink.success(response).await
        };
        ctx.spawn(summing.unwrap_or_else(report));
    }

    fn full_duplex_call(
        &mut self,
        ctx: RpcContext<'_>,
        mut requests: RequestStream<StreamingOutputCallRequest>,
        mut sink: DuplexSink<StreamingOutputCallResponse>,
    ) {
        sink.set_headers(echoed(&ctx));
        let reports = self.reports.clone();
        let answers = async move {
            while let Some(request) = requests.try_next().await? {
                if let Some(report) = request.orca_oob_report.as_ref() {
                    *reports.current() = report.into();
                }
                if let Some(status) = asked_for(request.response_status.as_ref()) {
                    return sink.fail(status).await;
                }
                answer(&mut sink, &request).await?;
            }
            sink.close().await
        };
        ctx.spawn(answers.unwrap_or_else(report));
    }

    fn half_duplex_call(
        &mut self,
        ctx: RpcContext<'_>,
        requests: RequestStream<StreamingOutputCallRequest>,
        mut sink: DuplexSink<StreamingOutputCallResponse>,
    ) {
        sink.set_headers(echoed(&ctx));
        let answers = async move {
            for request in requests.try_collect::<Vec<_>>().await? {
                answer(&mut sink, &request).await?;
            }
            sink.close().await
        };
        ctx.spawn(answers.unwrap_or_else(report));
    }
}

/// Sends the answers that a request asks for.
async fn answer<S>(sink: &mut S, request: &StreamingOutputCallRequest) -> grpcio::Result<()>
where
    S: Sink<(StreamingOutputCallResponse, WriteFlags), Error = Error> + Unpin,
{
    for wanted in &request.response_parameters {
        let pause = u64::try_from(wanted.interval_us).unwrap_or(0);
        if pause > 0 {
            Delay::new(Duration::from_micros(pause)).await;
        }
        let payload = payload(size(wanted.size));
        let response = StreamingOutputCallResponse { payload, ..Default::default() };
        let compressed = wanted.compressed.as_ref().is_some_and(|wanted| wanted.value);
        sink.send((response, WriteFlags::default().force_no_compress(!compressed))).await?;
    }
    Ok(())
}

fn simple_response(request: &SimpleRequest) -> SimpleResponse {
    let server_id = match request.fill_server_id {
        true => format!("grpcio-peer-{}", std::process::id()),
        false => String::new(),
    };
    let payload = payload(size(request.response_size));
    SimpleResponse { payload, server_id, ..SimpleResponse::default() }
}

/// The headers that the caller wants to have back.
fn echoed(ctx: &RpcContext<'_>) -> Metadata {
    let mut echoed = MetadataBuilder::new();
    for (key, value) in ctx.request_headers().iter().filter(|(key, _)| *key == ECHO_INITIAL) {
        let _ = echoed.add_str(key, &String::from_utf8_lossy(value));
    }
    echoed.build()
}

/// The error that the caller wants, if any.
fn asked_for(status: Option<&EchoStatus>) -> Option<RpcStatus> {
    let status = status.filter(|status| status.code != 0)?;
    Some(RpcStatus::with_message(status.code, status.message.clone()))
}

fn size(asked: i32) -> usize {
    usize::try_from(asked).unwrap_or(0)
}

fn report(error: Error) {
    eprintln!("a call ended early: {error}");
}
