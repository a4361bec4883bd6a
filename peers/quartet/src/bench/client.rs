//! The benchmark's client, as a user of quartet would write it.

use futures::{TryFutureExt, TryStreamExt};
use lab_contract::bench::{Answer, Answers, Client, Load, Options, Requests, Stub};
use quartet::CompletionQueues;
use quartet::channel::Channel;
use quartet::rpc::{self, Response, Status};
use quartet::tls::ClientTls;

use super::messages::{asked, client_status, compression, payload};
use super::session::Measured;
use super::{LONG_FRAME, failed, refused};
use crate::proto::grpc::testing::{
    BenchmarkServiceClient, ClientConfig, ClientStatus, SimpleRequest, SimpleResponse,
};

/// Starts a client.
pub fn start(
    config: &ClientConfig,
    options: &Options,
    queues: &CompletionQueues,
) -> Result<Load, Status> {
    let client = asked(config).check().map_err(refused)?;
    let stubs = stubs(&client, config, options, queues)?;
    Ok(Load::start(client, stubs, options.is_tuned()))
}

impl Measured for Load {
    type Status = ClientStatus;

    fn status(&mut self, reset: bool) -> ClientStatus {
        client_status(self.figures(reset))
    }

    async fn end(self) {
        Load::end(self).await;
    }
}

/// A client over a channel of its own, for each channel.
fn stubs(
    client: &Client,
    config: &ClientConfig,
    options: &Options,
    queues: &CompletionQueues,
) -> Result<Vec<OurStub>, Status> {
    let compression = compression(&config.channel_args)?;
    let security = config.security_params.as_ref();
    let tls = match security {
        None => None,
        Some(_) => {
            let ca = options.ca().map_err(refused)?;
            Some(ClientTls::builder().ca(ca).load().map_err(failed)?)
        }
    };
    let name = security.map(|params| &*params.server_host_override).filter(|name| !name.is_empty());
    let channel = |(number, target): (usize, &String)| {
        let mut builder = Channel::builder(target).own_connections(true).compression(compression);
        if let Some(tls) = &tls {
            builder = builder.tls(tls);
        }
        if let Some(name) = name {
            builder = builder.server_name(name);
        }
        if options.is_tuned() {
            builder = builder
                .exactly_one_reply(false)
                .retries(false)
                .header_table(true)
                .max_frame(LONG_FRAME);
        }
        // By default each channel has a queue of its own, so the first is as one in a process
        // that does nothing else.
        if options.is_tuned() || number == 0 {
            builder = builder.queues(queues);
        }
        let client: rpc::Client = builder.build().into();
        OurStub { calls: BenchmarkServiceClient::new(client.clone()), client }
    };
    Ok(client.targets.iter().enumerate().map(channel).collect())
}

#[derive(Clone)]
struct OurStub {
    client: rpc::Client,
    calls: BenchmarkServiceClient,
}

fn code(status: Status) -> i32 {
    status.code() as i32
}

fn length(answer: SimpleResponse) -> usize {
    answer.payload.body.len()
}

fn of_reply(reply: Response<SimpleResponse>) -> usize {
    length(reply.into_inner())
}

impl Stub for OurStub {
    type Request = SimpleRequest;

    const CLOSE_FLUSHES: bool = true;

    fn request(length: usize, answer: usize) -> SimpleRequest {
        SimpleRequest {
            response_size: i32::try_from(answer).unwrap_or(i32::MAX),
            payload: payload(length),
            ..SimpleRequest::default()
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.client.spawn(task);
    }

    async fn unary(&self, request: SimpleRequest) -> Answer {
        self.calls.unary_call(request).await.map(of_reply).map_err(code)
    }

    fn streaming(&self) -> Result<(impl Requests<SimpleRequest>, impl Answers), i32> {
        let (requests, answers) = self.calls.streaming_call(()).map_err(code)?;
        Ok((requests, answers.map_ok(length).map_err(code)))
    }

    fn streaming_from_client(
        &self,
    ) -> Result<(impl Requests<SimpleRequest>, impl Future<Output = Answer> + Send), i32> {
        let (requests, reply) = self.calls.streaming_from_client(()).map_err(code)?;
        Ok((requests, reply.map_ok(of_reply).map_err(code)))
    }

    fn streaming_from_server(&self, request: SimpleRequest) -> Result<impl Answers, i32> {
        let answers = self.calls.streaming_from_server(request).map_err(code)?;
        Ok(answers.map_ok(length).map_err(code))
    }

    fn streaming_both_ways(&self) -> Result<(impl Requests<SimpleRequest>, impl Answers), i32> {
        let (requests, answers) = self.calls.streaming_both_ways(()).map_err(code)?;
        Ok((requests, answers.map_ok(length).map_err(code)))
    }
}
