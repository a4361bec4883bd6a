//! The service that a driver calls.

use std::sync::mpsc::Sender;

use quartet::CompletionQueues;
use quartet::rpc::{Request, Response, Status, Stream, Streaming};

use super::load::Load;
use super::session::{Measured, answers, set_up};
use super::stub::Serving;
use super::usage::Usage;
use super::{Options, Stack, bare, cores, quartet_stack};
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
        let setup = self.options.server(&set_up(&mut args).await?)?;
        let serving = match self.options.stack {
            Stack::Quartet => quartet_stack::serve(&setup, &self.queues)?,
            Stack::Bare => bare::serve(&setup, &self.queues)?,
        };
        Ok(Response::new(answers(args, MeasuredServer { serving, usage: Usage::new() })))
    }

    async fn run_client(
        &self,
        request: Request<Streaming<ClientArgs>>,
    ) -> Answered<impl Stream<Item = Result<ClientStatus, Status>> + Send> {
        let mut args = request.into_inner();
        let setup = self.options.client(&set_up(&mut args).await?)?;
        let load = match self.options.stack {
            Stack::Quartet => {
                let stubs = quartet_stack::stubs(&setup, &self.queues)?;
                Load::start(setup, stubs)
            }
            Stack::Bare => {
                let stubs = bare::stubs(&setup, &self.queues)?;
                Load::start(setup, stubs)
            }
        };
        Ok(Response::new(answers(args, load)))
    }

    async fn core_count(&self, _: Request<CoreRequest>) -> Answered<CoreResponse> {
        Ok(CoreResponse { cores: cores() as i32, ..CoreResponse::default() }.into())
    }

    async fn quit_worker(&self, _: Request<Void>) -> Answered<Void> {
        // If nobody listens, the worker is ending already.
        let _ = self.quit.send(());
        Ok(Void::new().into())
    }
}

struct MeasuredServer {
    serving: Box<dyn Serving>,
    usage: Usage,
}

impl Measured for MeasuredServer {
    type Status = ServerStatus;

    fn status(&mut self, reset: bool) -> ServerStatus {
        ServerStatus {
            stats: Some(self.usage.stats(reset)).into(),
            port: self.serving.port().into(),
            cores: cores() as i32,
            ..ServerStatus::default()
        }
    }

    async fn end(self) {
        self.serving.end().await;
    }
}
