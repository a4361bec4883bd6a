//! The benchmark's server, as a user of quartet would write it.

use std::task::Poll;
use std::time::Duration;

use futures::{Stream, StreamExt, TryStreamExt, stream};
use lab_contract::bench::{Options, Usage, port};
use quartet::rpc::{Request, Response, Status, Streaming};
use quartet::server::{Address, Server};
use quartet::tls::ServerTls;
use quartet::{CompletionQueues, Window};

use super::messages::{compression, payload, server_status};
use super::session::Measured;
use super::{LONG_FRAME, failed, refused};
use crate::proto::grpc::testing::{
    BenchmarkService, BenchmarkServiceServer, ServerConfig, ServerStatus, ServerType,
    SimpleRequest, SimpleResponse,
};

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

/// The answer that a request asks for.
fn response(request: &SimpleRequest) -> SimpleResponse {
    let length = usize::try_from(request.response_size).unwrap_or(0);
    SimpleResponse { payload: payload(length), ..SimpleResponse::default() }
}

/// The answers to a stream both ways: without end, of the size that the first request asks for,
/// until the requests end.
fn answers_while(
    mut requests: Streaming<SimpleRequest>,
) -> impl Stream<Item = Result<SimpleResponse, Status>> + Send {
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
    server: Server,
    usage: Usage,
}

impl MeasuredServer {
    pub fn start(
        config: &ServerConfig,
        options: &Options,
        queues: &CompletionQueues,
    ) -> Result<Self, Status> {
        if config.server_type == ServerType::ASYNC_GENERIC_SERVER.into() {
            return Err(Status::unimplemented("no generic server: it answers with protobuf only"));
        }
        let address =
            Address::Tcp { host: "[::]".into(), port: port(config.port).map_err(refused)? };
        let builder = Server::builder()
            .queues(queues)
            .compression(compression(&config.channel_args)?)
            .service(BenchmarkServiceServer::new(Service));
        let builder = match options.is_tuned() {
            true => builder.window(Window::Adaptive).max_frame(LONG_FRAME).header_table(true),
            false => builder,
        };
        let builder = match config.security_params.is_some() {
            false => builder.listen(address),
            true => {
                let [cert, key] = options.identity().map_err(refused)?;
                builder.listen_tls(address, &ServerTls::builder(cert, key).load().map_err(failed)?)
            }
        };
        Ok(MeasuredServer { server: builder.start().map_err(failed)?, usage: Usage::now() })
    }

    fn port(&self) -> u16 {
        match self.server.addresses() {
            [Address::Tcp { port, .. }] => *port,
            _ => 0,
        }
    }
}

impl Measured for MeasuredServer {
    type Status = ServerStatus;

    fn status(&mut self, reset: bool) -> ServerStatus {
        server_status(self.port(), &self.usage.used(reset))
    }

    async fn end(self) {
        self.server.drain(Duration::ZERO).await;
    }
}
