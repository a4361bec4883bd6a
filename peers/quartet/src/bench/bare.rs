//! The benchmark's server and client on grpcio alone.

use std::fs;
use std::future;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use futures::channel::oneshot;
use futures::future::BoxFuture;
use futures::{FutureExt, Sink, SinkExt, Stream, StreamExt, TryStreamExt, pin_mut, stream};
use grpcio::{
    ChannelBuilder, ChannelCredentials, ChannelCredentialsBuilder, ClientStreamingSink,
    CompressionAlgorithms, DuplexSink, Environment, Error, RequestStream, RpcContext,
    ServerBuilder, ServerCredentials, ServerCredentialsBuilder, ServerStreamingSink, UnarySink,
    WriteFlags,
};
use quartet::CompletionQueues;
use quartet::rpc::{Code, Compression, Status};

use super::setup;
use super::stub::{Answer, Answers, Requests, Serving, Stub, answers_while, response};
use crate::proto::grpc::testing::bare::{
    BenchmarkService, BenchmarkServiceClient, create_benchmark_service,
};
use crate::proto::grpc::testing::{SimpleRequest, SimpleResponse};

/// For long messages, and without effect on short ones.
const LONG_FRAME: i32 = 1 << 20;

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
                CompletionQueues::take_turn();
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
    let mut answers = answers.map_ok(flagged);
    if sink.send_all(&mut answers).await.is_ok() {
        let _ = sink.close().await;
    }
}

/// Starts a server.
pub fn serve(setup: &setup::Server, queues: &CompletionQueues) -> Result<Box<dyn Serving>, Status> {
    let environment = queues.environment();
    let mut arguments =
        compressing(ChannelBuilder::new(environment.clone()), setup.compression).reuse_port(false);
    if setup.tuned {
        arguments = arguments.http2_max_frame_size(LONG_FRAME);
    }
    let credentials = match &setup.tls {
        None => ServerCredentials::insecure(),
        Some((cert, key)) => {
            ServerCredentialsBuilder::new().add_cert(read(cert)?, read(key)?).build()
        }
    };
    let mut server = ServerBuilder::new(environment.clone())
        .channel_args(arguments.build_args())
        .register_service(create_benchmark_service(Service { batched: setup.tuned }))
        .build()
        .map_err(failed)?;
    match server.add_listening_port(format!("[::]:{}", setup.port), credentials) {
        Ok(port) => {
            server.start();
            Ok(Box::new(BareServer { port, server: Some(server) }))
        }
        Err(_) => {
            drop(BareServer { port: 0, server: Some(server) });
            let port = setup.port;
            Err(Status::failed_precondition(format!("can't listen on [::]:{port}: is it in use?")))
        }
    }
}

struct BareServer {
    port: u16,
    server: Option<grpcio::Server>,
}

impl BareServer {
    /// Destroys it on a thread of its own, as grpcio waits then for what happens on the queue's.
    fn destroy(&mut self) -> oneshot::Receiver<()> {
        let (gone, told) = oneshot::channel();
        if let Some(server) = self.server.take() {
            thread::spawn(move || {
                drop(server);
                gone.send(())
            });
        }
        told
    }
}

impl Serving for BareServer {
    fn port(&self) -> u16 {
        self.port
    }

    fn end(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        self.destroy().map(drop).boxed()
    }
}

impl Drop for BareServer {
    fn drop(&mut self) {
        drop(self.destroy());
    }
}

/// A client over a channel of its own, for each channel.
pub fn stubs(setup: &setup::Client, queues: &CompletionQueues) -> Result<Vec<BareStub>, Status> {
    let ca = setup.tls.as_ref().map(|tls| read(&tls.ca)).transpose()?;
    let stub = |number: usize| {
        let builder = channel(setup, queues.environment().clone());
        let credentials = match &ca {
            None => ChannelCredentials::insecure(),
            Some(ca) => ChannelCredentialsBuilder::new().root_cert(ca.clone()).build(),
        };
        let target = &setup.targets[number % setup.targets.len()];
        let channel = builder.set_credentials(credentials).connect(target);
        BareStub { calls: BenchmarkServiceClient::new(channel), batched: setup.tuned }
    };
    Ok((0..setup.channels).map(stub).collect())
}

fn channel(setup: &setup::Client, environment: Arc<Environment>) -> ChannelBuilder {
    let mut builder = compressing(ChannelBuilder::new(environment), setup.compression)
        .use_local_subchannel_pool(true);
    if let Some(name) = setup.tls.as_ref().and_then(|tls| tls.name.as_deref()) {
        builder = builder.default_authority(name).override_ssl_target(name);
    }
    if setup.tuned {
        builder = builder.http2_max_frame_size(LONG_FRAME).enable_retry(false);
    }
    builder
}

fn compressing(builder: ChannelBuilder, compression: Compression) -> ChannelBuilder {
    let algorithm = match compression {
        Compression::Gzip => CompressionAlgorithms::GRPC_COMPRESS_GZIP,
        Compression::Deflate => CompressionAlgorithms::GRPC_COMPRESS_DEFLATE,
        _ => return builder,
    };
    // Left alone, C-core takes a level at which nothing is compressed.
    builder
        .default_compression_algorithm(algorithm)
        .raw_cfg_int(c"grpc.gzip_compression_level".into(), 6)
}

fn read(path: &Path) -> Result<Vec<u8>, Status> {
    fs::read(path).map_err(|error| {
        Status::failed_precondition(format!("can't read {}: {error}", path.display()))
    })
}

fn failed(error: Error) -> Status {
    Status::failed_precondition(error.to_string())
}

#[derive(Clone)]
pub struct BareStub {
    calls: BenchmarkServiceClient,
    batched: bool,
}

/// A message as grpcio's sinks take it. Marks of the driver have to get through while messages
/// are sent or received without a pause, which on grpcio alone can take seconds.
fn flagged<T>(message: T) -> (T, WriteFlags) {
    CompletionQueues::take_turn();
    (message, WriteFlags::default())
}

/// A sink of grpcio's as one of messages alone.
fn without_flags<S>(sink: S) -> impl Requests
where
    S: Sink<(SimpleRequest, WriteFlags), Error = Error> + Send + Unpin,
{
    sink.with(|request| future::ready(Ok::<_, Error>(flagged(request))))
}

fn taken(
    answers: impl Stream<Item = grpcio::Result<SimpleResponse>> + Send + Unpin,
) -> impl Answers<Error> {
    answers.inspect(|_| CompletionQueues::take_turn())
}

impl Stub for BareStub {
    type Error = Error;

    const CLOSE_FLUSHES: bool = false;

    fn code(error: &Error) -> Code {
        match error {
            Error::RpcFailure(status) | Error::RpcFinished(Some(status)) => {
                i32::from(status.code()).into()
            }
            _ => Code::Unknown,
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.calls.spawn(task);
    }

    async fn unary(&self, request: SimpleRequest) -> Answer<Error> {
        self.calls.unary_call_async(&request)?.await
    }

    fn streaming(&self) -> Result<(impl Requests, impl Answers<Error>), Error> {
        let (requests, answers) = self.calls.streaming_call()?;
        Ok((without_flags(requests), taken(answers)))
    }

    fn streaming_from_client(
        &self,
    ) -> Result<(impl Requests, impl Future<Output = Answer<Error>> + Send), Error> {
        let (mut requests, reply) = self.calls.streaming_from_client()?;
        requests.enhance_batch(self.batched);
        Ok((without_flags(requests), reply))
    }

    fn streaming_from_server(&self, request: SimpleRequest) -> Result<impl Answers<Error>, Error> {
        Ok(taken(self.calls.streaming_from_server(&request)?))
    }

    fn streaming_both_ways(&self) -> Result<(impl Requests, impl Answers<Error>), Error> {
        let (mut requests, answers) = self.calls.streaming_both_ways()?;
        requests.enhance_batch(self.batched);
        Ok((without_flags(requests), taken(answers)))
    }
}
