//! The benchmark's server and client on quartet, as its users would write them.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt, TryFutureExt, TryStreamExt, stream};
use quartet::channel::Channel;
use quartet::rpc::{self, Code, Request, Response, Status, Streaming};
use quartet::server::{Address, Server};
use quartet::tls::{ClientTls, ServerTls};
use quartet::{CompletionQueues, Window};

use super::setup;
use super::stub::{Answer, Answers, Requests, Serving, Stub, answers_while, response};
use crate::proto::grpc::testing::{
    BenchmarkService, BenchmarkServiceClient, BenchmarkServiceServer, SimpleRequest, SimpleResponse,
};

/// For long messages, and without effect on short ones.
const LONG_FRAME: u32 = 1 << 20;

/// The service: without state.
struct Service;

type Answered<T> = Result<Response<T>, Status>;

impl BenchmarkService for Service {
    async fn unary_call(&self, request: Request<SimpleRequest>) -> Answered<SimpleResponse> {
        Ok(response(request.get_ref()).into())
    }

    async fn streaming_call(
        &self,
        request: Request<Streaming<SimpleRequest>>,
    ) -> Answered<impl Stream<Item = Result<SimpleResponse, Status>> + Send> {
        Ok(Response::new(request.into_inner().map_ok(|request| response(&request))))
    }

    async fn streaming_from_client(
        &self,
        request: Request<Streaming<SimpleRequest>>,
    ) -> Answered<SimpleResponse> {
        let mut requests = request.into_inner();
        let mut last = SimpleRequest::new();
        while let Some(request) = requests.message().await? {
            last = request;
        }
        Ok(response(&last).into())
    }

    async fn streaming_from_server(
        &self,
        request: Request<SimpleRequest>,
    ) -> Answered<impl Stream<Item = Result<SimpleResponse, Status>> + Send> {
        Ok(Response::new(stream::repeat(response(request.get_ref())).map(Ok)))
    }

    async fn streaming_both_ways(
        &self,
        request: Request<Streaming<SimpleRequest>>,
    ) -> Answered<impl Stream<Item = Result<SimpleResponse, Status>> + Send> {
        Ok(Response::new(answers_while(request.into_inner())))
    }
}

/// Starts a server.
pub fn serve(setup: &setup::Server, queues: &CompletionQueues) -> Result<Box<dyn Serving>, Status> {
    let address = Address::Tcp { host: "[::]".into(), port: setup.port };
    let builder = Server::builder()
        .queues(queues)
        .compression(setup.compression)
        .service(BenchmarkServiceServer::new(Service));
    let builder = match setup.tuned {
        true => builder.window(Window::Adaptive).max_frame(LONG_FRAME).header_table(true),
        false => builder,
    };
    let builder = match &setup.tls {
        None => builder.listen(address),
        Some((cert, key)) => {
            builder.listen_tls(address, &ServerTls::builder(cert, key).load().map_err(failed)?)
        }
    };
    Ok(Box::new(builder.start().map_err(failed)?))
}

impl Serving for Server {
    fn port(&self) -> u16 {
        match self.addresses() {
            [Address::Tcp { port, .. }] => *port,
            _ => 0,
        }
    }

    fn end(self: Box<Self>) -> BoxFuture<'static, ()> {
        async { _ = self.drain(Duration::ZERO).await }.boxed()
    }
}

/// A client over a channel of its own, for each channel.
pub fn stubs(setup: &setup::Client, queues: &CompletionQueues) -> Result<Vec<OurStub>, Status> {
    let tls = setup.tls.as_ref();
    let tls = tls.map(|tls| ClientTls::builder().ca(&tls.ca).load()).transpose().map_err(failed)?;
    let channel = |number: usize| {
        let target = &setup.targets[number % setup.targets.len()];
        let mut builder =
            Channel::builder(target).own_connections(true).compression(setup.compression);
        if let Some(tls) = &tls {
            builder = builder.tls(tls);
        }
        if let Some(name) = setup.tls.as_ref().and_then(|tls| tls.name.as_ref()) {
            builder = builder.server_name(name);
        }
        if setup.tuned {
            builder = builder
                .exactly_one_reply(false)
                .retries(false)
                .header_table(true)
                .max_frame(LONG_FRAME);
        }
        // By default each channel has a queue of its own, so the first is as one in a process
        // that does nothing else.
        if setup.tuned || number == 0 {
            builder = builder.queues(queues);
        }
        let client: rpc::Client = builder.build().into();
        OurStub { calls: BenchmarkServiceClient::new(client.clone()), client }
    };
    Ok((0..setup.channels).map(channel).collect())
}

fn failed(error: impl std::error::Error) -> Status {
    Status::failed_precondition(error.to_string())
}

#[derive(Clone)]
pub struct OurStub {
    client: rpc::Client,
    calls: BenchmarkServiceClient,
}

impl Stub for OurStub {
    type Error = Status;

    const CLOSE_FLUSHES: bool = true;

    fn code(status: &Status) -> Code {
        status.code()
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.client.spawn(task);
    }

    async fn unary(&self, request: SimpleRequest) -> Answer<Status> {
        self.calls.unary_call(request).await.map(Response::into_inner)
    }

    fn streaming(&self) -> Result<(impl Requests, impl Answers<Status>), Status> {
        let (requests, answers) = self.calls.streaming_call(())?;
        Ok((requests, answers))
    }

    fn streaming_from_client(
        &self,
    ) -> Result<(impl Requests, impl Future<Output = Answer<Status>> + Send), Status> {
        let (requests, reply) = self.calls.streaming_from_client(())?;
        Ok((requests, reply.map_ok(Response::into_inner)))
    }

    fn streaming_from_server(
        &self,
        request: SimpleRequest,
    ) -> Result<impl Answers<Status>, Status> {
        self.calls.streaming_from_server(request)
    }

    fn streaming_both_ways(&self) -> Result<(impl Requests, impl Answers<Status>), Status> {
        let (requests, answers) = self.calls.streaming_both_ways(())?;
        Ok((requests, answers))
    }
}
