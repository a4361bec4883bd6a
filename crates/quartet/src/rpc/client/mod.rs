mod call;
mod replies;
mod sender;
mod timeout;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use grpcio::{CallOption, Method, WriteFlags};
use protobuf::Message;

use quartet_seam::{self as seam, Owed};

use crate::rpc::bundles::{Incoming, Outgoing};
use crate::rpc::codec::{self, Decoded};
use crate::rpc::guard::Spawned;
pub(crate) use call::ClientSettings;
use replies::Replies;
pub use sender::{Ended, Sender};

use crate::rpc::request::CallOptions;
use crate::rpc::watch::Watch;
use crate::rpc::{Request, Response, Status, Streaming};
use call::{ClientCall, Shared};

/// Makes calls of all four types over a channel. Generated clients are thin layers over it. Clones
/// share the channel.
///
/// A call made while serving another one (in the handler, on its thread) gets no more time than the
/// other has left. Dropping a call's future, reply or stream cancels it.
#[derive(Clone)]
pub struct Client(Connector);

#[derive(Clone)]
enum Connector {
    Fixed(Arc<Shared>),
    /// Asked before each call.
    Reconnecting(Arc<dyn Fn() -> Client + Send + Sync>),
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn over(channel: grpcio::Channel, settings: ClientSettings) -> Self {
        seam::check();
        let grpcio = grpcio::Client::new(channel);
        Client(Connector::Fixed(Arc::new(Shared { grpcio, settings })))
    }

    /// Makes each call over the client that is the right one then.
    pub(crate) fn reconnecting(current: impl Fn() -> Client + Send + Sync + 'static) -> Self {
        Client(Connector::Reconnecting(Arc::new(current)))
    }

    /// Whether a call over this client's channel runs, if it has but one; a clone of the client
    /// counts as well.
    pub(crate) fn is_calling(&self) -> bool {
        matches!(&self.0, Connector::Fixed(shared) if Arc::strong_count(shared) > 1)
    }

    fn shared(&self) -> Arc<Shared> {
        match &self.0 {
            Connector::Fixed(shared) => shared.clone(),
            Connector::Reconnecting(current) => current().shared(),
        }
    }

    /// Runs a future on the thread of the channel's completion queue: the cheapest place to make
    /// calls from, and one that must never block. It belongs to no call: what it calls inherits no
    /// deadline. A panic ends only that future, and is logged.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.shared().grpcio.spawn(Spawned::new(future));
    }

    /// One request, one reply.
    ///
    /// # Errors
    /// The status of the call, if it is not OK; `UNIMPLEMENTED` if the server sends OK without a
    /// reply, or more than one reply (gRPC's code for a cardinality violation).
    pub async fn unary<Q: Message, R: Message + Unpin>(
        &self,
        method: &Method<Q, R>,
        request: Request<Q>,
    ) -> Result<Response<R>, Status> {
        let (message, mut call, option) =
            self.start(method.name, request, |settings| settings.one_reply)?;
        call.sent(&message);
        let method = codec::carrying::<Q, R, Q, Decoded<R>>(method);
        let receiver = call
            .seen
            .within(|| call.client.grpcio.unary_call_async(&method, &message, option))
            .map_err(|error| call.not_started(error))?;
        call.finish(receiver.await)
    }

    /// One request, a stream of replies.
    ///
    /// # Errors
    /// When the call can't be started; the stream reports how it ends.
    pub fn server_streaming<Q: Message, R: Message + Unpin>(
        &self,
        method: &Method<Q, R>,
        request: Request<Q>,
    ) -> Result<Streaming<R>, Status> {
        let (message, mut call, option) = self.start(method.name, request, |_| Owed::Any)?;
        call.sent(&message);
        let method = codec::carrying::<Q, R, Q, Incoming<R>>(method);
        let receiver = call
            .seen
            .within(|| call.client.grpcio.server_streaming(&method, &message, option))
            .map_err(|error| call.not_started(error))?;
        let tally = call.tally();
        Ok(Streaming::new(Replies::new(receiver, call), tally))
    }

    /// A stream of requests, one reply.
    ///
    /// # Errors
    /// When the call can't be started; the reply reports how it ends.
    pub fn client_streaming<Q: Message, R: Message + Unpin>(
        &self,
        method: &Method<Q, R>,
        request: Request<()>,
    ) -> Result<(Sender<Q>, Reply<R>), Status> {
        let ((), mut call, option) =
            self.start(method.name, request, |settings| settings.one_reply)?;
        let method = codec::carrying::<Q, R, Outgoing<Q>, Decoded<R>>(method);
        let (sink, receiver) = call
            .seen
            .within(|| call.client.grpcio.client_streaming(&method, option))
            .map_err(|error| call.not_started(error))?;
        let sender = Sender::new(sink, call.encoding, &call.client, call.tally());
        Ok((sender, Reply(async move { call.finish(receiver.await) }.boxed())))
    }

    /// A stream of requests, a stream of replies.
    ///
    /// # Errors
    /// When the call can't be started; the stream reports how it ends.
    pub fn bidi<Q: Message, R: Message + Unpin>(
        &self,
        method: &Method<Q, R>,
        request: Request<()>,
    ) -> Result<(Sender<Q>, Streaming<R>), Status> {
        let ((), mut call, option) = self.start(method.name, request, |_| Owed::Any)?;
        let method = codec::carrying::<Q, R, Outgoing<Q>, Incoming<R>>(method);
        let (sink, receiver) = call
            .seen
            .within(|| call.client.grpcio.duplex_streaming(&method, option))
            .map_err(|error| call.not_started(error))?;
        let tally = call.tally();
        let sender = Sender::new(sink, call.encoding, &call.client, tally.clone());
        Ok((sender, Streaming::new(Replies::new(receiver, call), tally)))
    }

    /// Splits a request into what is sent and how, asks the interceptors, and makes ready to
    /// watch the call.
    fn start<Q>(
        &self,
        method: &'static str,
        request: Request<Q>,
        owed: impl FnOnce(&ClientSettings) -> Owed,
    ) -> Result<(Q, ClientCall, CallOption), Status> {
        let (message, options) = request.into_parts();
        let CallOptions { mut metadata, mut extensions, timeout, wait_for_ready, .. } = options;
        let client = self.shared();
        let ClientSettings { interceptors, target, reuses_timeouts, .. } = &client.settings;
        let timeout = within_callers_time(timeout);
        let timeout = timeout.map(|timeout| timeout::never_more(timeout, *reuses_timeouts));
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let watch =
            Watch::made(interceptors, method, &mut metadata, &mut extensions, deadline, target)?;
        let flags = WriteFlags::default().force_no_compress(!options.compressed);
        let mut option = CallOption::default().wait_for_ready(wait_for_ready).write_flags(flags);
        if let Some(timeout) = timeout {
            option = option.timeout(timeout);
        }
        if let Some(headers) = metadata.to_grpcio().map_err(Status::from_grpcio)? {
            option = option.headers(headers);
        }
        let encoding = options.compression.unwrap_or(client.settings.compression).encoding();
        let seen = seam::ClientCall::new(owed(&client.settings), encoding);
        Ok((message, ClientCall { seen, deadline, watch, client, encoding }, option))
    }
}

/// The one reply to a stream of requests. Awaiting it returns the response, or the status that
/// ended the call. Dropping it earlier cancels the call.
#[must_use = "dropping the reply cancels the call"]
pub struct Reply<T>(BoxFuture<'static, Result<Response<T>, Status>>);

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

impl<T> Future for Reply<T> {
    type Output = Result<Response<T>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_unpin(cx)
    }
}

/// The timeout of a call, cut to what is left of the one that is being served here.
fn within_callers_time(timeout: Option<Duration>) -> Option<Duration> {
    let callers = seam::current().and_then(|call| call.deadline());
    let left = callers.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    match (timeout, left) {
        (Some(timeout), Some(left)) => Some(timeout.min(left)),
        (timeout, left) => timeout.or(left),
    }
}
