use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::FutureExt;
use grpcio::{CallOption, ClientCStreamReceiver, Environment, Method};
use protobuf::Message;

use crate::seam::{self, ClientCall};

use super::codec::{self, Decoded};
use super::inbound::Replies;
use super::{Code, Metadata, Request, Response, Sender, Status, Streaming, timeout};

/// Makes calls of all four styles over a channel. Generated clients are thin layers over
/// it. Clones share the channel.
///
/// A call that is made while serving another one (in the handler, on its thread) gets no
/// more time than is left there. Dropping a call's future, reply or stream cancels it.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

/// What a call can't do without, so every part of a call holds on to it: C-core ends the
/// calls of a channel with the channel, and the queue that drives them ends with its
/// environment.
pub(super) struct Shared {
    grpcio: grpcio::Client,
    _environment: Arc<Environment>,
}

impl Client {
    /// `environment` is the channel's.
    pub(crate) fn over(channel: grpcio::Channel, environment: Arc<Environment>) -> Self {
        seam::check();
        Client(Arc::new(Shared { grpcio: grpcio::Client::new(channel), _environment: environment }))
    }

    /// Runs a future on the thread of the channel's completion queue: the cheapest place to
    /// make calls from, and a place that must never block.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.grpcio.spawn(future);
    }

    /// One request, one reply.
    ///
    /// # Errors
    /// The status of the call, if it is not OK; `UNIMPLEMENTED` if the server ends the call
    /// with OK and no reply (as gRPC's status codes say of a cardinality violation).
    pub async fn unary<Q: Message, R: Message + Unpin>(
        &self,
        method: &Method<Q, R>,
        request: Request<Q>,
    ) -> Result<Response<R>, Status> {
        let (message, started, option) = self.start(request, true)?;
        let method = codec::client_side(method);
        let receiver = started
            .seen
            .within(|| self.0.grpcio.unary_call_async(&method, &message, option))
            .map_err(Status::from_grpcio)?;
        started.finish(receiver.await)
    }

    /// One request, a stream of replies.
    ///
    /// # Errors
    /// When the call can't be started; how it ends is with the stream.
    pub fn server_streaming<Q: Message, R: Message + Unpin>(
        &self,
        method: &Method<Q, R>,
        request: Request<Q>,
    ) -> Result<Streaming<R>, Status> {
        let (message, started, option) = self.start(request, false)?;
        let method = codec::client_side(method);
        let receiver = started
            .seen
            .within(|| self.0.grpcio.server_streaming(&method, &message, option))
            .map_err(Status::from_grpcio)?;
        Ok(Streaming::new(Replies::new(receiver, started)))
    }

    /// A stream of requests, one reply.
    ///
    /// # Errors
    /// When the call can't be started; how it ends is with the reply.
    pub fn client_streaming<Q: Message, R: Message + Unpin>(
        &self,
        method: &Method<Q, R>,
        request: Request<()>,
    ) -> Result<(Sender<Q>, Reply<R>), Status> {
        let ((), started, option) = self.start(request, true)?;
        let method = codec::client_side(method);
        let (sink, receiver) = started
            .seen
            .within(|| self.0.grpcio.client_streaming(&method, option))
            .map_err(Status::from_grpcio)?;
        Ok((Sender::new(sink, &started.client), Reply { pending: Some((receiver, started)) }))
    }

    /// A stream of requests, a stream of replies.
    ///
    /// # Errors
    /// When the call can't be started; how it ends is with the stream.
    pub fn bidi<Q: Message, R: Message + Unpin>(
        &self,
        method: &Method<Q, R>,
        request: Request<()>,
    ) -> Result<(Sender<Q>, Streaming<R>), Status> {
        let ((), started, option) = self.start(request, false)?;
        let method = codec::client_side(method);
        let (sink, receiver) = started
            .seen
            .within(|| self.0.grpcio.duplex_streaming(&method, option))
            .map_err(Status::from_grpcio)?;
        Ok((Sender::new(sink, &started.client), Streaming::new(Replies::new(receiver, started))))
    }

    /// Splits a request into what is sent and how, and makes ready to watch the call.
    fn start<Q>(
        &self,
        request: Request<Q>,
        one_reply: bool,
    ) -> Result<(Q, Started, CallOption), Status> {
        let (message, metadata, timeout, wait_for_ready) = request.into_parts();
        let timeout = within_callers_time(timeout).map(timeout::never_more);
        let mut option = CallOption::default().wait_for_ready(wait_for_ready);
        if let Some(timeout) = timeout {
            option = option.timeout(timeout);
        }
        if let Some(headers) = metadata.to_grpcio().map_err(Status::from_grpcio)? {
            option = option.headers(headers);
        }
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let seen = ClientCall::new(one_reply);
        let started = Started { seen, deadline, client: self.0.clone() };
        Ok((message, started, option))
    }
}

/// The one reply to a stream of requests. Awaiting it gives the response, or the status
/// that the call ended with. Dropping it before cancels the call.
#[must_use = "dropping the reply cancels the call"]
pub struct Reply<T> {
    pending: Option<(ClientCStreamReceiver<Decoded<T>>, Started)>,
}

impl<T: Send + Unpin + 'static> Future for Reply<T> {
    type Output = Result<Response<T>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some((receiver, started)) = &mut self.pending else {
            return Poll::Ready(Err(Status::internal("the reply was taken before")));
        };
        let result = std::task::ready!(receiver.poll_unpin(cx));
        let result = started.finish(result);
        self.pending = None;
        Poll::Ready(result)
    }
}

/// A call on its way: what the seam sees of it, and when its time is up.
pub(super) struct Started {
    seen: Arc<ClientCall>,
    deadline: Option<Instant>,
    client: Arc<Shared>,
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

impl Started {
    /// The result of a call with one reply.
    fn finish<T>(&self, result: grpcio::Result<Decoded<T>>) -> Result<Response<T>, Status> {
        let message = result
            .map_err(|error| self.failed(error))?
            .map_err(|undecodable| undecodable.status("reply"))?;
        let headers = Metadata::from_pairs(self.seen.take_headers());
        Ok(Response::from_parts(message, headers, self.trailers()))
    }

    /// The status of a call that did not end well.
    pub(super) fn failed(&self, error: grpcio::Error) -> Status {
        if self.seen.missing_reply() {
            return Status::unimplemented("the server ended the call with OK, but sent no reply");
        }
        let status = Status::from_grpcio(error).with_metadata(self.trailers());
        // The server's end of a late call may arrive a little before our own timer fires.
        const A_LITTLE: Duration = Duration::from_millis(10);
        match self.deadline {
            Some(at) if status.code() == Code::Cancelled && at <= Instant::now() + A_LITTLE => {
                Status::deadline_exceeded("Deadline Exceeded").with_metadata(status.into_metadata())
            }
            _ => status,
        }
    }

    pub(super) fn trailers(&self) -> Metadata {
        Metadata::from_pairs(self.seen.take_trailers())
    }
}
