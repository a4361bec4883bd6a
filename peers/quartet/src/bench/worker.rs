//! The service that a driver calls.

use std::sync::mpsc::Sender;

use lab_contract::bench::{Options, cores};
use quartet::CompletionQueues;
use quartet::rpc::{Request, Response, Status, Stream, Streaming};

use super::client;
use super::server::MeasuredServer;
use super::session::{answers, set_up};
use crate::proto::grpc::testing::{
    ClientArgs, ClientStatus, CoreRequest, CoreResponse, ServerArgs, ServerStatus, Void,
    WorkerService,
};

/// The service, whose servers and clients share the queues that it runs on.
pub struct Worker {
    options: Options,
    queues: CompletionQueues,
    quit: Sender<()>,
}

impl Worker {
    pub fn new(options: Options, queues: CompletionQueues, quit: Sender<()>) -> Self {
        Worker { options, queues, quit }
    }
}

type Answered<T> = Result<Response<T>, Status>;

impl WorkerService for Worker {
    async fn run_server(
        &self,
        request: Request<Streaming<ServerArgs>>,
    ) -> Answered<impl Stream<Item = Result<ServerStatus, Status>> + Send> {
        let mut args = request.into_inner();
        let config = set_up(&mut args).await?;
        let server = MeasuredServer::start(&config, &self.options, &self.queues)?;
        Ok(Response::new(answers(args, server)))
    }

    async fn run_client(
        &self,
        request: Request<Streaming<ClientArgs>>,
    ) -> Answered<impl Stream<Item = Result<ClientStatus, Status>> + Send> {
        let mut args = request.into_inner();
        let config = set_up(&mut args).await?;
        Ok(Response::new(answers(args, client::start(&config, &self.options, &self.queues)?)))
    }

    async fn core_count(&self, _: Request<CoreRequest>) -> Answered<CoreResponse> {
        Ok(CoreResponse { cores: cores(), ..CoreResponse::default() }.into())
    }

    async fn quit_worker(&self, _: Request<Void>) -> Answered<Void> {
        // If nobody listens, the worker is ending already.
        let _ = self.quit.send(());
        Ok(Void::new().into())
    }
}
