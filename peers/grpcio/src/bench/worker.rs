//! The service that a driver calls.

use futures::FutureExt;
use grpcio::{DuplexSink, RequestStream, RpcContext, UnarySink};
use lab_contract::bench::{Load, Options, cores};
use signal_hook::consts::SIGTERM;
use signal_hook::low_level::raise;

use super::server::MeasuredServer;
use super::session;
use crate::proto::control::{
    ClientArgs, ClientStatus, CoreRequest, CoreResponse, ServerArgs, ServerStatus, Void,
};
use crate::proto::worker_service_grpc::WorkerService;

#[derive(Clone)]
pub struct Worker {
    options: Options,
}

impl Worker {
    pub fn new(options: Options) -> Self {
        Worker { options }
    }
}

impl WorkerService for Worker {
    fn run_server(
        &mut self,
        context: RpcContext<'_>,
        args: RequestStream<ServerArgs>,
        sink: DuplexSink<ServerStatus>,
    ) {
        context.spawn(session::run::<MeasuredServer>(self.options.clone(), args, sink));
    }

    fn run_client(
        &mut self,
        context: RpcContext<'_>,
        args: RequestStream<ClientArgs>,
        sink: DuplexSink<ClientStatus>,
    ) {
        context.spawn(session::run::<Load>(self.options.clone(), args, sink));
    }

    fn core_count(
        &mut self,
        context: RpcContext<'_>,
        _: CoreRequest,
        sink: UnarySink<CoreResponse>,
    ) {
        let answer = CoreResponse { cores: cores(), ..CoreResponse::default() };
        context.spawn(sink.success(answer).map(drop));
    }

    fn quit_worker(&mut self, context: RpcContext<'_>, _: Void, sink: UnarySink<Void>) {
        context.spawn(async move {
            let _ = sink.success(Void::new()).await;
            // As if somebody else had asked. If it can't be raised, the worker stays.
            let _ = raise(SIGTERM);
        });
    }
}
