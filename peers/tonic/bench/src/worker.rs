//! The WorkerService: sets up what drivers ask for, and answers with figures.

use std::sync::Arc;

use futures_util::stream::try_unfold;
use lab_contract::bench::{Options, Refusal, cores};
use tokio::sync::Notify;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use crate::client::MeasuredClient;
use crate::server::MeasuredServer;
use crate::settings::refused;
use crate::testing::worker_service_server::WorkerService;
use crate::testing::{
    ClientArgs, ClientStatus, CoreRequest, CoreResponse, Mark, ServerArgs, ServerStatus, Void,
};

/// What a message of a driver asks for.
pub enum Ask<C> {
    SetUp(C),
    Mark(Mark),
}

/// A server or a client; dropped, it is gone.
pub trait Measured: Sized + Send + 'static {
    type Args: Send + 'static;
    type Config: Send;
    type Status: Send + 'static;

    fn ask(args: Self::Args) -> Option<Ask<Self::Config>>;

    fn set_up(config: Self::Config, options: &Options) -> Result<Self, Refusal>;

    /// The figures since the last reset.
    fn status(&mut self, reset: bool) -> Self::Status;
}

pub struct Worker {
    options: Arc<Options>,
    quit: Arc<Notify>,
}

impl Worker {
    /// A worker, and what is notified when it is asked to end.
    pub fn new(options: Options) -> (Self, Arc<Notify>) {
        let quit = Arc::new(Notify::new());
        (Worker { options: options.into(), quit: quit.clone() }, quit)
    }

    /// Answers the messages of one call. What it sets up lives in the response: it goes when that
    /// ends or is dropped.
    fn run<M: Measured>(
        &self,
        request: Request<Streaming<M::Args>>,
    ) -> Response<BoxStream<M::Status>> {
        let options = self.options.clone();
        let start = (request.into_inner(), None::<M>);
        let statuses = try_unfold(start, move |(mut inbound, measured)| {
            let options = options.clone();
            async move {
                let Some(args) = inbound.message().await? else {
                    return Ok(None);
                };
                let (mut measured, reset) = match (M::ask(args), measured) {
                    (Some(Ask::SetUp(config)), None) => {
                        (M::set_up(config, &options).map_err(refused)?, false)
                    }
                    (Some(Ask::Mark(mark)), Some(measured)) => (measured, mark.reset),
                    _ => return Err(Status::invalid_argument("expected a set-up, then marks")),
                };
                Ok(Some((measured.status(reset), (inbound, Some(measured)))))
            }
        });
        Response::new(Box::pin(statuses))
    }
}

#[tonic::async_trait]
impl WorkerService for Worker {
    type RunServerStream = BoxStream<ServerStatus>;

    async fn run_server(
        &self,
        request: Request<Streaming<ServerArgs>>,
    ) -> Result<Response<Self::RunServerStream>, Status> {
        Ok(self.run::<MeasuredServer>(request))
    }

    type RunClientStream = BoxStream<ClientStatus>;

    async fn run_client(
        &self,
        request: Request<Streaming<ClientArgs>>,
    ) -> Result<Response<Self::RunClientStream>, Status> {
        Ok(self.run::<MeasuredClient>(request))
    }

    async fn core_count(&self, _: Request<CoreRequest>) -> Result<Response<CoreResponse>, Status> {
        Ok(Response::new(CoreResponse { cores: cores() }))
    }

    async fn quit_worker(&self, _: Request<Void>) -> Result<Response<Void>, Status> {
        self.quit.notify_one();
        Ok(Response::new(Void {}))
    }
}
