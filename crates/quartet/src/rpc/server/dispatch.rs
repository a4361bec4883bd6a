//! The path of a call on the server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use grpcio::RpcContext;

use quartet_seam::ServerCall;

use super::reply::{Failing, Reply};
use super::requests::Intake;
use super::running::Running;
use crate::rpc::extensions::Extensions;
use crate::rpc::guard::{Task, until_over};
use crate::rpc::interceptor::Interceptors;
use crate::rpc::watch::Watch;
use crate::rpc::{Compression, Metadata, Request, Response, Status};

/// What holds for every method of a server.
#[derive(Default)]
pub(crate) struct ServerSettings {
    pub interceptors: Interceptors,
    /// The most metadata that a call may come with, in bytes as HTTP/2 counts them.
    pub max_metadata: usize,
    /// Whether no client certificate gets through that was not verified.
    pub verified: bool,
    /// How replies are compressed that don't say so themselves.
    pub compression: Compression,
    /// How long the end of a call may be on its way, if it has no deadline.
    pub send_timeout: Duration,
    pub running: Running,
}

impl ServerSettings {
    fn check(&self, metadata: usize) -> Result<(), Status> {
        if metadata <= self.max_metadata {
            return Ok(());
        }
        Err(Status::resource_exhausted(format!(
            "the call has {metadata} bytes of metadata; the server accepts {}",
            self.max_metadata
        )))
    }
}

/// A call that grpcio has accepted: who asks what, and where the answer goes.
pub(super) struct Exchange<Q, R, K> {
    pub call: Arc<ServerCall>,
    pub method: &'static str,
    pub metadata: Metadata,
    /// The request's message or stream; an error if it can't be read, or breaks the rules.
    pub request: Q,
    pub reply: R,
    /// What has to live until the reply is through.
    pub keep: K,
    pub settings: Arc<ServerSettings>,
}

impl<I, R: Failing, K: Send + 'static> Exchange<I, R, K> {
    /// Runs the handler on the thread of the call's completion queue. It answers through the
    /// responder; a request that can't be read, or that an interceptor refuses, does not
    /// reach it.
    pub(super) fn run<Q, F>(
        self,
        context: &RpcContext<'_>,
        handler: impl FnOnce(Request<Q>, Responder<R>) -> F + Send + 'static,
    ) where
        I: Intake<Q>,
        Q: Send,
        F: Future<Output = ()> + Send + 'static,
    {
        let Exchange { call, method, mut metadata, request, reply, keep, settings } = self;
        let within = call.clone();
        let running = settings.running.one();
        let came = metadata.size();
        if settings.verified {
            call.trust_certificate();
        }
        call.set_encoding(settings.compression.encoding());
        call.set_patience(settings.send_timeout);
        let work = async move {
            let ServerSettings { interceptors, .. } = &*settings;
            let mut extensions = Extensions::default();
            let watch = Watch::served(interceptors, method, &mut metadata, &mut extensions, &call);
            let mut watch = match watch {
                Ok(watch) => watch,
                Err((watch, refused)) => return reply.fail(call, watch, refused).await,
            };
            if let Err(refused) = settings.check(came) {
                let refused = watch.end(refused);
                return reply.fail(call, watch, refused).await;
            }
            match until_over(&call, method, request.take(watch.tally())).await {
                Ok(received) => {
                    let request = Request::served(received, metadata, extensions, &call);
                    handler(request, Responder { call, method, reply, watch }).await;
                }
                Err(status) => {
                    let status = watch.end(status);
                    reply.fail(call, watch, status).await;
                }
            }
            drop((keep, running));
        };
        context.spawn(Task::new(within, method, work));
    }
}

/// Answers one call, once. Dropped without an answer, it cancels the call.
pub struct Responder<R> {
    call: Arc<ServerCall>,
    method: &'static str,
    reply: R,
    watch: Watch,
}

impl<R> fmt::Debug for Responder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").field("method", &self.method).finish_non_exhaustive()
    }
}

impl<R> Responder<R> {
    /// Runs a handler, and sends what it returns: its message or its stream, or its error.
    /// When the caller is gone or its time is up, the handler, or its stream, is dropped; a
    /// panic in it is answered with `INTERNAL`.
    pub fn answer<B>(
        self,
        handler: impl Future<Output = Result<Response<B>, Status>> + Send,
    ) -> impl Future<Output = ()> + Send
    where
        R: Reply<B>,
    {
        let Responder { call, method, reply, mut watch } = self;
        // Not an `async` block, which would hold the handler twice.
        until_over(&call, method, handler).then(move |outcome| match outcome {
            Ok(response) => reply.succeed(call, method, watch, response).left_future(),
            Err(status) => {
                let status = watch.end(status);
                reply.fail(call, watch, status).right_future()
            }
        })
    }
}
