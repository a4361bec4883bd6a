use std::fmt;
use std::sync::{Arc, Mutex};

use grpcio::{Method, RequestStream, RpcContext};
use protobuf::Message;

use quartet_seam as seam;

use super::dispatch::{Exchange, Responder, ServerSettings};
use super::reply::{Failing, Many, One};
use super::requests::{ExactlyOne, Requests, Shared};
use crate::rpc::bundles::{Incoming, Outgoing};
use crate::rpc::codec;
use crate::rpc::{Metadata, Request, Streaming};

/// A service that a server can serve. Generated code makes it from an implementation of
/// the service's trait; `ChatServiceServer::new(chat).into()`.
pub struct Service {
    name: &'static str,
    methods: Vec<Register>,
}

/// Adds a method to grpcio's builder, once the settings of its server are known.
type Register =
    Box<dyn FnOnce(grpcio::ServiceBuilder, &Arc<ServerSettings>) -> grpcio::ServiceBuilder + Send>;

impl Service {
    /// Starts a service of this full name (`chat.ChatService`), whose methods all work on
    /// `state`.
    pub fn builder<S: Send + Sync + 'static>(
        name: &'static str,
        state: &Arc<S>,
    ) -> ServiceBuilder<S> {
        ServiceBuilder { name, state: state.clone(), methods: Vec::new() }
    }

    /// The full name, such as `chat.ChatService`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn into_grpcio(self, settings: &Arc<ServerSettings>) -> grpcio::Service {
        let builder = grpcio::ServiceBuilder::new();
        let register = |builder, register: Register| register(builder, settings);
        self.methods.into_iter().fold(builder, register).build()
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
#[must_use = "there is no service before `build`"]
pub struct ServiceBuilder<S> {
    name: &'static str,
    state: Arc<S>,
    methods: Vec<Register>,
}

impl<S> fmt::Debug for ServiceBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Has grpcio hand the calls of a method to its [`Entry`]. To grpcio every request is a stream; its
/// function `$add` says whether the reply is one, too, and the entry's `$take` what the request is.
macro_rules! register {
    ($self:ident, $method:ident, $handler:ident, $add:ident, $take:ident, $reply:ty) => {{
        let entry = Entry::new(&$self.state, $method, $handler);
        let method = codec::carrying::<Q, R, Incoming<Q>, $reply>($method);
        $self.add(move |builder, settings| {
            let entry = entry.on(settings);
            builder.$add(&method, move |context, stream, sink| {
                entry.$take(&context, stream, sink.into());
            })
        })
    }};
}

// What every method's handler is: a function from the state, a request and a responder to the
// future that answers.
impl<S: Send + Sync + 'static> ServiceBuilder<S> {
    /// One request, one reply.
    pub fn unary<Q, R, H, F>(self, method: &Method<Q, R>, handler: H) -> Self
    where
        Q: Message,
        R: Message,
        H: Fn(Arc<S>, Request<Q>, Responder<One<R>>) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        register!(self, method, handler, add_client_streaming_handler, one, R)
    }

    /// One request, a stream of replies.
    pub fn server_streaming<Q, R, H, F>(self, method: &Method<Q, R>, handler: H) -> Self
    where
        Q: Message,
        R: Message,
        H: Fn(Arc<S>, Request<Q>, Responder<Many<R>>) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        register!(self, method, handler, add_duplex_streaming_handler, one, Outgoing<R>)
    }

    /// A stream of requests, one reply.
    pub fn client_streaming<Q, R, H, F>(self, method: &Method<Q, R>, handler: H) -> Self
    where
        Q: Message,
        R: Message,
        H: Fn(Arc<S>, Request<Streaming<Q>>, Responder<One<R>>) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        register!(self, method, handler, add_client_streaming_handler, many, R)
    }

    /// A stream of requests, a stream of replies.
    pub fn bidi<Q, R, H, F>(self, method: &Method<Q, R>, handler: H) -> Self
    where
        Q: Message,
        R: Message,
        H: Fn(Arc<S>, Request<Streaming<Q>>, Responder<Many<R>>) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        register!(self, method, handler, add_duplex_streaming_handler, many, Outgoing<R>)
    }

    fn add(
        mut self,
        register: impl FnOnce(grpcio::ServiceBuilder, &Arc<ServerSettings>) -> grpcio::ServiceBuilder
        + Send
        + 'static,
    ) -> Self {
        self.methods.push(Box::new(register));
        self
    }

    /// The service.
    pub fn build(self) -> Service {
        Service { name: self.name, methods: self.methods }
    }
}

/// Where the calls of one method come in.
struct Entry<S, H> {
    state: Arc<S>,
    method: &'static str,
    handler: H,
    settings: Arc<ServerSettings>,
}

impl<S, H: Clone> Clone for Entry<S, H> {
    fn clone(&self) -> Self {
        Entry {
            state: self.state.clone(),
            method: self.method,
            handler: self.handler.clone(),
            settings: self.settings.clone(),
        }
    }
}

impl<S: Send + Sync + 'static, H: Clone + Send + 'static> Entry<S, H> {
    fn new<Q, R>(state: &Arc<S>, method: &Method<Q, R>, handler: H) -> Self {
        Entry { state: state.clone(), method: method.name, handler, settings: Arc::default() }
    }

    fn on(self, settings: &Arc<ServerSettings>) -> Self {
        Entry { settings: settings.clone(), ..self }
    }

    /// A call with one request. grpcio takes it for a stream, too: so it is a call before its
    /// request is whole, and none or two are seen.
    fn one<Q, R, F>(&self, context: &RpcContext<'_>, stream: RequestStream<Incoming<Q>>, reply: R)
    where
        Q: Message,
        R: Failing,
        H: Fn(Arc<S>, Request<Q>, Responder<R>) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let accepted = self.accept(context, reply, |call| {
            let stream: Shared<Q> = Arc::new(Mutex::new(stream));
            (ExactlyOne(Requests::new(stream.clone(), call)), stream)
        });
        if let Some(exchange) = accepted {
            exchange.run(context, self.bind());
        }
    }

    /// A call with a stream of requests.
    fn many<Q, R, F>(&self, context: &RpcContext<'_>, stream: RequestStream<Incoming<Q>>, reply: R)
    where
        Q: Message,
        R: Failing,
        H: Fn(Arc<S>, Request<Streaming<Q>>, Responder<R>) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let accepted = self.accept(context, reply, |call| {
            let stream: Shared<Q> = Arc::new(Mutex::new(stream));
            (Requests::new(stream.clone(), call), stream)
        });
        if let Some(exchange) = accepted {
            exchange.run(context, self.bind());
        }
    }

    /// The call at the seam. It is always there in a binary that links; a call without it
    /// could not be served safely, and is left to be cancelled.
    fn accept<I, R, K>(
        &self,
        context: &RpcContext<'_>,
        reply: R,
        request: impl FnOnce(&Arc<seam::ServerCall>) -> (I, K),
    ) -> Option<Exchange<I, R, K>> {
        let Some(call) = seam::accepted() else {
            log::error!("{}: a call was not seen at the seam; it is cancelled", self.method);
            return None;
        };
        let (request, keep) = request(&call);
        let metadata = Metadata::from_grpcio(context.request_headers());
        let (method, settings) = (self.method, self.settings.clone());
        Some(Exchange { call, method, metadata, request, reply, keep, settings })
    }

    /// The handler for one call.
    fn bind<Q, R, F>(
        &self,
    ) -> impl FnOnce(Request<Q>, Responder<R>) -> F + Send + use<S, H, Q, R, F>
    where
        H: Fn(Arc<S>, Request<Q>, Responder<R>) -> F,
    {
        let (state, handler) = (self.state.clone(), self.handler.clone());
        move |request, responder| handler(state, request, responder)
    }
}
