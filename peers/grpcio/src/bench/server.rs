//! The benchmark's server.

use std::sync::Arc;
use std::task::Poll;

use futures::{FutureExt, Sink, SinkExt, Stream, StreamExt, TryStreamExt, pin_mut, stream};
use grpcio::{
    ChannelBuilder, ClientStreamingSink, DuplexSink, Error, RequestStream, RpcContext, Server,
    ServerBuilder, ServerCredentials, ServerCredentialsBuilder, ServerStreamingSink, UnarySink,
    WriteFlags,
};
use lab_contract::bench::{Options, Refusal, Usage, port};

use super::messages::{compression, payload, server_status};
use super::session::{Ask, Measured};
use super::{LONG_FRAME, compressing, environment, failed};
use crate::proto::benchmark_service_grpc::{BenchmarkService, create_benchmark_service};
use crate::proto::control::server_args::Argtype;
use crate::proto::control::{ServerArgs, ServerConfig, ServerStatus, ServerType};
use crate::proto::messages::{SimpleRequest, SimpleResponse};

#[derive(Clone)]
struct Service {
    /// Whether messages of a stream that are there at once leave in one write.
    batched: bool,
}

impl BenchmarkService for Service {
    fn unary_call(
        &mut self,
        context: RpcContext<'_>,
        request: SimpleRequest,
        sink: UnarySink<SimpleResponse>,
    ) {
        let answering = sink.success(response(&request));
        context.spawn(answering.map(drop));
    }

    fn streaming_call(
        &mut self,
        context: RpcContext<'_>,
        requests: RequestStream<SimpleRequest>,
        sink: DuplexSink<SimpleResponse>,
    ) {
        self.duplex(context, requests.map_ok(|request| response(&request)), sink);
    }

    fn streaming_from_client(
        &mut self,
        context: RpcContext<'_>,
        mut requests: RequestStream<SimpleRequest>,
        sink: ClientStreamingSink<SimpleResponse>,
    ) {
        context.spawn(async move {
            let mut last = SimpleRequest::new();
            while let Ok(Some(request)) = requests.try_next().await {
                last = request;
            }
            let _ = sink.success(response(&last)).await;
        });
    }

    fn streaming_from_server(
        &mut self,
        context: RpcContext<'_>,
        request: SimpleRequest,
        mut sink: ServerStreamingSink<SimpleResponse>,
    ) {
        sink.enhance_batch(self.batched);
        let answers = stream::repeat(response(&request)).map(Ok);
        context.spawn(pump(answers, sink));
    }

    fn streaming_both_ways(
        &mut self,
        context: RpcContext<'_>,
        requests: RequestStream<SimpleRequest>,
        sink: DuplexSink<SimpleResponse>,
    ) {
        self.duplex(context, answers_while(requests), sink);
    }
}

impl Service {
    fn duplex(
        &self,
        context: RpcContext<'_>,
        answers: impl Stream<Item = grpcio::Result<SimpleResponse>> + Send + 'static,
        mut sink: DuplexSink<SimpleResponse>,
    ) {
        sink.enhance_batch(self.batched);
        context.spawn(pump(answers, sink));
    }
}

/// Sends the answers, and ends the call. In batches grpcio holds back the last message, and
/// `send_all` flushes it when no other is there. A caller that is gone gets nothing.
async fn pump(
    answers: impl Stream<Item = grpcio::Result<SimpleResponse>>,
    sink: impl Sink<(SimpleResponse, WriteFlags), Error = Error>,
) {
    pin_mut!(answers, sink);
    let mut answers = answers.map_ok(|answer| (answer, WriteFlags::default()));
    if sink.send_all(&mut answers).await.is_ok() {
        let _ = sink.close().await;
    }
}

/// The answer that a request asks for.
fn response(request: &SimpleRequest) -> SimpleResponse {
    let length = usize::try_from(request.response_size).unwrap_or(0);
    SimpleResponse { payload: payload(length), ..SimpleResponse::default() }
}

/// The answers to a stream both ways: without end, of the size that the first request asks for,
/// until the requests end.
fn answers_while(
    mut requests: RequestStream<SimpleRequest>,
) -> impl Stream<Item = grpcio::Result<SimpleResponse>> + Send {
    let mut answer = None;
    stream::poll_fn(move |cx| {
        match requests.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(request))) => {
                answer.get_or_insert_with(|| response(&request));
            }
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {}
        }
        answer.clone().map_or(Poll::Pending, |answer| Poll::Ready(Some(Ok(answer))))
    })
}

/// A running server.
pub struct MeasuredServer {
    port: u16,
    usage: Usage,
    _server: Server,
}

impl Measured for MeasuredServer {
    type Args = ServerArgs;
    type Config = ServerConfig;
    type Status = ServerStatus;

    fn ask(args: ServerArgs) -> Option<Ask<ServerConfig>> {
        args.argtype.map(|asked| match asked {
            Argtype::Setup(config) => Ask::SetUp(config),
            Argtype::Mark(mark) => Ask::Mark { reset: mark.reset },
        })
    }

    fn set_up(config: ServerConfig, options: &Options) -> Result<Self, Refusal> {
        if config.server_type == ServerType::ASYNC_GENERIC_SERVER.into() {
            return Err(Refusal::unimplemented("no generic server: it answers with protobuf only"));
        }
        let port = port(config.port)?;
        let environment = Arc::new(environment(options.tuning).name_prefix("server").build());
        let builder = ChannelBuilder::new(environment.clone()).reuse_port(false);
        let mut arguments = compressing(builder, compression(&config.channel_args)?);
        if options.is_tuned() {
            arguments = arguments.http2_max_frame_size(LONG_FRAME);
        }
        let credentials = match config.security_params.is_some() {
            false => ServerCredentials::insecure(),
            true => {
                let [cert, key] = options.identity()?;
                let [cert, key] = [Refusal::or_read(cert)?, Refusal::or_read(key)?];
                ServerCredentialsBuilder::new().add_cert(cert, key).build()
            }
        };
        let mut server = ServerBuilder::new(environment)
            .channel_args(arguments.build_args())
            .register_service(create_benchmark_service(Service { batched: options.is_tuned() }))
            .build()
            .map_err(failed)?;
        let port =
            server.add_listening_port(format!("[::]:{port}"), credentials).map_err(failed)?;
        server.start();
        Ok(MeasuredServer { port, usage: Usage::now(), _server: server })
    }

    fn status(&mut self, reset: bool) -> ServerStatus {
        server_status(self.port, &self.usage.used(reset))
    }

    /// grpcio's drop waits, for what its own threads do.
    async fn end(self) {}
}
