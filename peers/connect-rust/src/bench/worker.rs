//! The WorkerService: sets up what drivers ask for, and answers with figures.

use std::sync::Arc;

use connectrpc::{
    ConnectError, InboundStream, RequestContext, Response, ServiceRequest, ServiceResult,
    ServiceStream,
};
use futures::TryStreamExt;
use futures::stream::try_unfold;
use lab_contract::bench::{Options, Refusal, cores};
use tokio::sync::Notify;

use super::client::MeasuredClient;
use super::refused;
use super::server::MeasuredServer;
use crate::proto::grpc::testing::{
    ClientArgs, ClientStatus, CoreRequest, CoreResponse, Mark, ServerArgs, ServerStatus, Void,
    WorkerService,
};

/// What a message of a driver asks for.
pub enum Ask<C> {
    SetUp(C),
    Mark(Mark),
}

/// A server or a client; dropped, it is gone.
pub trait Measured: Sized + Send + 'static {
    type Config: Send;
    type Status: Send + 'static;

    fn set_up(config: Self::Config, options: &Options) -> Result<Self, Refusal>;

    /// The figures since the last reset.
    fn status(&mut self, reset: bool) -> Self::Status;
}

pub struct Worker {
    options: Options,
    quit: Arc<Notify>,
}

impl Worker {
    /// A worker, and what is notified when it is asked to end.
    pub fn new(options: Options) -> (Self, Arc<Notify>) {
        let quit = Arc::new(Notify::new());
        (Worker { options, quit: quit.clone() }, quit)
    }

    /// Answers the messages of one call. What it sets up lives in the response: it goes when that
    /// ends or is dropped.
    fn run<M: Measured>(
        &self,
        asks: impl futures::Stream<Item = Result<Option<Ask<M::Config>>, ConnectError>>
        + Send
        + Unpin
        + 'static,
    ) -> ServiceResult<ServiceStream<M::Status>> {
        let start = (asks, None::<M>, self.options.clone());
        Response::stream_ok(try_unfold(start, async |(mut asks, measured, options)| {
            let Some(ask) = asks.try_next().await? else {
                return Ok(None);
            };
            let (mut measured, reset) = match (ask, measured) {
                (Some(Ask::SetUp(config)), None) => {
                    (M::set_up(config, &options).map_err(refused)?, false)
                }
                (Some(Ask::Mark(mark)), Some(measured)) => (measured, mark.reset),
                _ => return Err(ConnectError::invalid_argument("expected a set-up, then marks")),
            };
            Ok(Some((measured.status(reset), (asks, Some(measured), options))))
        }))
    }
}

impl WorkerService for Worker {
    async fn run_server(
        &self,
        _: RequestContext,
        args: InboundStream<ServerArgs>,
    ) -> ServiceResult<ServiceStream<ServerStatus>> {
        self.run::<MeasuredServer>(args.map_ok(|args| args.to_owned_message().into()))
    }

    async fn run_client(
        &self,
        _: RequestContext,
        args: InboundStream<ClientArgs>,
    ) -> ServiceResult<ServiceStream<ClientStatus>> {
        self.run::<MeasuredClient>(args.map_ok(|args| args.to_owned_message().into()))
    }

    async fn core_count(
        &self,
        _: RequestContext,
        _: ServiceRequest<'_, CoreRequest>,
    ) -> ServiceResult<CoreResponse> {
        Response::ok(CoreResponse { cores: cores(), ..Default::default() })
    }

    async fn quit_worker(
        &self,
        _: RequestContext,
        _: ServiceRequest<'_, Void>,
    ) -> ServiceResult<Void> {
        self.quit.notify_one();
        Response::ok(Void::default())
    }
}
