use std::fmt;
use std::sync::{Arc, Mutex};

use grpcio::{
    ClientStreamingSink, DuplexSink, Method, RequestStream, RpcContext, ServerStreamingSink,
    UnarySink,
};
use protobuf::Message;

use crate::seam::{self, ServerCall};

use super::codec::{self, Decoded};
use super::inbound::{Requests, Shared};
use super::reply::{Many, One};
use super::serve::{Exchange, Responder};
use super::{Metadata, Request, Streaming};

/// A service that a server can serve. Generated code makes it from an implementation of
/// the service's trait; `ChatServiceServer::new(chat).into()`.
pub struct Service {
    name: &'static str,
    inner: grpcio::Service,
}

impl Service {
    /// Starts a service of this full name (`chat.ChatService`), whose methods all work on
    /// `state`.
    pub fn builder<S: Send + Sync + 'static>(
        name: &'static str,
        state: &Arc<S>,
    ) -> ServiceBuilder<S> {
        ServiceBuilder { name, state: state.clone(), inner: grpcio::ServiceBuilder::new() }
    }

    /// The full name, such as `chat.ChatService`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn into_grpcio(self) -> grpcio::Service {
        self.inner
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Service").field(&self.name).finish()
    }
}

/// Adds methods to a [`Service`]. A handler gets the state, the request, and a responder, to
/// which it hands the future of its answer:
/// `|s, request, responder| async move { responder.answer(s.say_hello(request)).await }`.
pub struct ServiceBuilder<S> {
    name: &'static str,
    state: Arc<S>,
    inner: grpcio::ServiceBuilder,
}

impl<S: Send + Sync + 'static> ServiceBuilder<S> {
    /// One request, one reply.
    pub fn unary<Q, R, H, F>(mut self, method: &Method<Q, R>, handler: H) -> Self
    where
        Q: Message,
        R: Message,
        H: Fn(Arc<S>, Request<Q>, Responder<One<UnarySink<R>>>) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (state, name) = (self.state.clone(), method.name);
        self.inner = self.inner.add_unary_handler(
            &codec::server_side(method),
            move |context, message, sink| {
                let handler = bind(&state, &handler);
                if let Some(exchange) = one_request(name, &context, message, One(sink)) {
                    exchange.run(&context, handler);
                }
            },
        );
        self
    }

    /// One request, a stream of replies.
    pub fn server_streaming<Q, R, H, F>(mut self, method: &Method<Q, R>, handler: H) -> Self
    where
        Q: Message,
        R: Message,
        H: Fn(Arc<S>, Request<Q>, Responder<Many<ServerStreamingSink<R>>>) -> F
            + Clone
            + Send
            + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (state, name) = (self.state.clone(), method.name);
        self.inner = self.inner.add_server_streaming_handler(
            &codec::server_side(method),
            move |context, message, mut sink| {
                sink.enhance_batch(true);
                let handler = bind(&state, &handler);
                if let Some(exchange) = one_request(name, &context, message, Many(sink)) {
                    exchange.run(&context, handler);
                }
            },
        );
        self
    }

    /// A stream of requests, one reply.
    pub fn client_streaming<Q, R, H, F>(mut self, method: &Method<Q, R>, handler: H) -> Self
    where
        Q: Message,
        R: Message,
        H: Fn(Arc<S>, Request<Streaming<Q>>, Responder<One<ClientStreamingSink<R>>>) -> F
            + Clone
            + Send
            + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (state, name) = (self.state.clone(), method.name);
        self.inner = self.inner.add_client_streaming_handler(
            &codec::server_side(method),
            move |context, stream, sink| {
                let handler = bind(&state, &handler);
                if let Some(exchange) = many_requests(name, &context, stream, One(sink)) {
                    exchange.run(&context, handler);
                }
            },
        );
        self
    }

    /// A stream of requests, a stream of replies.
    pub fn bidi<Q, R, H, F>(mut self, method: &Method<Q, R>, handler: H) -> Self
    where
        Q: Message,
        R: Message,
        H: Fn(Arc<S>, Request<Streaming<Q>>, Responder<Many<DuplexSink<R>>>) -> F
            + Clone
            + Send
            + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (state, name) = (self.state.clone(), method.name);
        self.inner = self.inner.add_duplex_streaming_handler(
            &codec::server_side(method),
            move |context, stream, mut sink| {
                sink.enhance_batch(true);
                let handler = bind(&state, &handler);
                if let Some(exchange) = many_requests(name, &context, stream, Many(sink)) {
                    exchange.run(&context, handler);
                }
            },
        );
        self
    }

    /// The service.
    pub fn build(self) -> Service {
        Service { name: self.name, inner: self.inner.build() }
    }
}

/// The handler for one call.
fn bind<S, Q, R, F, H>(
    state: &Arc<S>,
    handler: &H,
) -> impl FnOnce(Request<Q>, Responder<R>) -> F + use<S, Q, R, F, H>
where
    H: Fn(Arc<S>, Request<Q>, Responder<R>) -> F + Clone,
{
    let (state, handler) = (state.clone(), handler.clone());
    move |request, responder| handler(state, request, responder)
}

fn one_request<Q, R>(
    method: &'static str,
    context: &RpcContext<'_>,
    message: Decoded<Q>,
    reply: R,
) -> Option<Exchange<Q, R, ()>> {
    let call = accepted(method)?;
    let request = message
        .map(|message| request(context, message, &call))
        .map_err(|error| error.status("request"));
    Some(Exchange { call, method, request, reply, keep: () })
}

fn many_requests<Q: Message, R>(
    method: &'static str,
    context: &RpcContext<'_>,
    stream: RequestStream<Decoded<Q>>,
    reply: R,
) -> Option<Exchange<Streaming<Q>, R, Shared<Q>>> {
    let call = accepted(method)?;
    let stream = Arc::new(Mutex::new(stream));
    let requests = Requests { stream: stream.clone(), call: call.clone() };
    let request = Ok(request(context, Streaming::new(requests), &call));
    Some(Exchange { call, method, request, reply, keep: stream })
}

fn request<Q>(context: &RpcContext<'_>, message: Q, call: &Arc<ServerCall>) -> Request<Q> {
    Request::served(message, Metadata::from_grpcio(context.request_headers()), call)
}

/// The seam's view of the call that is being accepted. It is always there in a binary that
/// links; a call without it could not be served safely, and is left to be cancelled.
fn accepted(method: &str) -> Option<Arc<ServerCall>> {
    let call = seam::accepted();
    if call.is_none() {
        log::error!("{method}: a call was not seen at the seam; it is cancelled");
    }
    call
}
