//! The benchmark's client.

use std::future;
use std::sync::Arc;

use futures::{Sink, SinkExt, Stream, TryFutureExt, TryStreamExt};
use grpcio::{
    ChannelBuilder, ChannelCredentials, ChannelCredentialsBuilder, Error, RpcStatusCode, WriteFlags,
};
use lab_contract::bench::{Answer, Answers, Load, Options, Refusal, Requests, Stub};

use super::messages::{asked, client_status, compression, payload};
use super::session::{Ask, Measured};
use super::{LONG_FRAME, compressing, environment};
use crate::proto::benchmark_service_grpc::BenchmarkServiceClient;
use crate::proto::control::client_args::Argtype;
use crate::proto::control::{ClientArgs, ClientConfig, ClientStatus};
use crate::proto::messages::{SimpleRequest, SimpleResponse};

impl Measured for Load {
    type Args = ClientArgs;
    type Config = ClientConfig;
    type Status = ClientStatus;

    fn ask(args: ClientArgs) -> Option<Ask<ClientConfig>> {
        args.argtype.map(|asked| match asked {
            Argtype::Setup(config) => Ask::SetUp(config),
            Argtype::Mark(mark) => Ask::Mark { reset: mark.reset },
        })
    }

    fn set_up(config: ClientConfig, options: &Options) -> Result<Self, Refusal> {
        let client = asked(&config).check()?;
        let stubs = stubs(&client.targets, &config, options)?;
        Ok(Load::start(client, stubs, options.is_tuned()))
    }

    fn status(&mut self, reset: bool) -> ClientStatus {
        client_status(self.figures(reset))
    }

    async fn end(self) {
        Load::end(self).await;
    }
}

/// A client over a channel of its own, for each target.
fn stubs(
    targets: &[String],
    config: &ClientConfig,
    options: &Options,
) -> Result<Vec<BareStub>, Refusal> {
    let environment = Arc::new(environment(options.tuning).name_prefix("client").build());
    let compression = compression(&config.channel_args)?;
    let security = config.security_params.as_ref();
    let ca = security.map(|_| options.ca().and_then(Refusal::or_read)).transpose()?;
    let name = security.map(|params| &*params.server_host_override).filter(|name| !name.is_empty());
    let stub = |target: &String| {
        let builder = ChannelBuilder::new(environment.clone()).use_local_subchannel_pool(true);
        let mut builder = compressing(builder, compression);
        if let Some(name) = name {
            builder = builder.default_authority(name).override_ssl_target(name);
        }
        if options.is_tuned() {
            builder = builder.http2_max_frame_size(LONG_FRAME).enable_retry(false);
        }
        let credentials = match &ca {
            None => ChannelCredentials::insecure(),
            Some(ca) => ChannelCredentialsBuilder::new().root_cert(ca.clone()).build(),
        };
        let channel = builder.set_credentials(credentials).connect(target);
        BareStub { calls: BenchmarkServiceClient::new(channel), batched: options.is_tuned() }
    };
    Ok(targets.iter().map(stub).collect())
}

#[derive(Clone)]
struct BareStub {
    calls: BenchmarkServiceClient,
    /// Whether messages of a stream that are there at once leave in one write.
    batched: bool,
}

fn code(error: Error) -> i32 {
    match error {
        Error::RpcFailure(status) | Error::RpcFinished(Some(status)) => status.code().into(),
        _ => RpcStatusCode::UNKNOWN.into(),
    }
}

fn length(answer: SimpleResponse) -> usize {
    answer.payload.body.len()
}

/// A sink of grpcio's as one of messages alone.
fn without_flags<S>(sink: S) -> impl Requests<SimpleRequest>
where
    S: Sink<(SimpleRequest, WriteFlags), Error = Error> + Send + Unpin,
{
    sink.with(|request| future::ready(Ok::<_, Error>((request, WriteFlags::default()))))
}

fn taken(
    answers: impl Stream<Item = grpcio::Result<SimpleResponse>> + Send + Unpin,
) -> impl Answers {
    answers.map_ok(length).map_err(code)
}

impl Stub for BareStub {
    type Request = SimpleRequest;

    /// grpcio's forgets it.
    const CLOSE_FLUSHES: bool = false;

    fn request(length: usize, answer: usize) -> SimpleRequest {
        SimpleRequest {
            response_size: i32::try_from(answer).unwrap_or(i32::MAX),
            payload: payload(length),
            ..SimpleRequest::default()
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.calls.spawn(task);
    }

    async fn unary(&self, request: SimpleRequest) -> Answer {
        let call = self.calls.unary_call_async(&request).map_err(code)?;
        call.await.map(length).map_err(code)
    }

    fn streaming(&self) -> Result<(impl Requests<SimpleRequest>, impl Answers), i32> {
        let (requests, answers) = self.calls.streaming_call().map_err(code)?;
        Ok((without_flags(requests), taken(answers)))
    }

    fn streaming_from_client(
        &self,
    ) -> Result<(impl Requests<SimpleRequest>, impl Future<Output = Answer> + Send), i32> {
        let (mut requests, reply) = self.calls.streaming_from_client().map_err(code)?;
        requests.enhance_batch(self.batched);
        Ok((without_flags(requests), reply.map_ok(length).map_err(code)))
    }

    fn streaming_from_server(&self, request: SimpleRequest) -> Result<impl Answers, i32> {
        Ok(taken(self.calls.streaming_from_server(&request).map_err(code)?))
    }

    fn streaming_both_ways(&self) -> Result<(impl Requests<SimpleRequest>, impl Answers), i32> {
        let (mut requests, answers) = self.calls.streaming_both_ways().map_err(code)?;
        requests.enhance_batch(self.batched);
        Ok((without_flags(requests), taken(answers)))
    }
}
