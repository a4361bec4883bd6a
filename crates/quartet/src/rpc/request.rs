use std::sync::Arc;
use std::time::{Duration, Instant};

use quartet_seam::ServerCall;

use super::codec::Received;
use super::extensions::Extensions;
use super::{Compression, Compressor, Metadata};

/// What a caller sends: a message (or a [`Streaming`](super::Streaming) of them) and what goes with
/// it.
///
/// A client creates one with `Request::new(message)` or `message.into()`, and may set
/// metadata, a timeout, and whether to wait for a connection. A handler reads the
/// metadata, the deadline and the peer.
///
/// ```no_run
/// # async fn check(client: quartet::proto::grpc::health::v1::HealthClient)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// use quartet::proto::grpc::health::v1::HealthCheckRequest;
/// use quartet::rpc::Request;
///
/// let mut request = Request::new(HealthCheckRequest::new());
/// request.set_timeout(std::time::Duration::from_millis(500));
/// request.metadata_mut().add("x-request-id", "17")?;
/// client.check(request).await?;
/// client.check(HealthCheckRequest::new()).await?; // nothing but a message
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Request<T> {
    message: T,
    metadata: Metadata,
    timeout: Option<Duration>,
    wait_for_ready: bool,
    compression: Option<Compression>,
    compressed: bool,
    extensions: Extensions,
    call: Option<Served>,
}

/// The call that a request belongs to, on the server.
#[derive(Clone)]
struct Served(Arc<ServerCall>);

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.peer())
    }
}

impl<T> Request<T> {
    /// A request with nothing but a message.
    pub fn new(message: T) -> Self {
        Request {
            message,
            metadata: Metadata::new(),
            timeout: None,
            wait_for_ready: false,
            compression: None,
            compressed: true,
            extensions: Extensions::default(),
            call: None,
        }
    }

    /// The message.
    pub fn get_ref(&self) -> &T {
        &self.message
    }

    /// The message, mutable.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.message
    }

    /// The message; the rest is dropped.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// The same request around another message.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Request<U> {
        Request {
            message: f(self.message),
            metadata: self.metadata,
            timeout: self.timeout,
            wait_for_ready: self.wait_for_ready,
            compression: self.compression,
            compressed: self.compressed,
            extensions: self.extensions,
            call: self.call,
        }
    }

    /// The metadata sent or received with the call.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The value of this type that an interceptor of the server attached to the call
    /// ([`Call::extend`](super::Call::extend)).
    pub fn extension<V: 'static>(&self) -> Option<&V> {
        self.extensions.get()
    }
}

/// What a client sets before it makes the call.
impl<T> Request<T> {
    /// The metadata, for a client to change.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// Attaches a value to the request: for the interceptors of the client that makes the call, or
    /// for a handler that is called directly. It is not sent to the server.
    pub fn extend<V: Send + Sync + 'static>(&mut self, value: V) {
        self.extensions.add(value);
    }

    /// Gives the call this much time, counted from its start; no limit by default. After that the
    /// call ends with `DEADLINE_EXCEEDED`, here and on the server.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = Some(timeout);
    }

    /// Whether the call waits until the server is reachable, instead of failing with `UNAVAILABLE`
    /// at once (the default).
    pub fn set_wait_for_ready(&mut self, wait: bool) {
        self.wait_for_ready = wait;
    }

    /// Compresses the messages of this call, whatever the channel's setting is.
    pub fn set_compression(&mut self, compression: Compression) {
        self.compression = Some(compression);
    }

    /// Whether to compress the one message of this request, if the call is compressed; on by
    /// default. For a stream, see [`Sender::set_compresses`](super::Sender::set_compresses).
    pub fn set_compresses(&mut self, yes: bool) {
        self.compressed = yes;
    }

    /// The message, and how the call is to be made.
    pub(super) fn into_parts(mut self) -> (T, CallOptions) {
        if let Some(compression) = self.compression {
            compression.request(&mut self.metadata);
        }
        let Request {
            metadata, extensions, timeout, wait_for_ready, compression, compressed, ..
        } = self;
        let options =
            CallOptions { metadata, extensions, timeout, wait_for_ready, compression, compressed };
        (self.message, options)
    }
}

/// What a handler asks about the call that the request came with. A request without a call,
/// such as one that a test makes, has none of this: `None`, `false`, no names.
impl<T> Request<T> {
    pub(super) fn served(
        received: Received<T>,
        metadata: Metadata,
        extensions: Extensions,
        call: &Arc<ServerCall>,
    ) -> Self {
        let Received { message, compressed, .. } = received;
        let call = Some(Served(call.clone()));
        Request { metadata, compressed, extensions, call, ..Request::new(message) }
    }

    /// Whether the one message of this request arrived compressed. For a stream,
    /// see [`Streaming::compressed`](super::Streaming::compressed).
    pub fn compressed(&self) -> bool {
        self.call.is_some() && self.compressed
    }

    /// The switch for the compression of the reply's messages.
    pub fn compressor(&self) -> Option<Compressor> {
        self.call.as_ref().map(|call| Compressor(call.0.clone()))
    }

    /// The caller's deadline, if it set one.
    pub fn deadline(&self) -> Option<Instant> {
        self.call.as_ref().and_then(|call| call.0.deadline())
    }

    /// How long the caller still waits; zero if the deadline has passed.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The caller's address as C-core writes it, such as
    /// `ipv4:127.0.0.1:40312`, `ipv6:%5B::1%5D:40312` or `unix:`.
    pub fn peer(&self) -> Option<String> {
        self.call.as_ref().map(|call| call.0.peer())
    }

    /// The names that the caller's certificate proves (its SANs, or else its
    /// common name). Empty for a caller without a certificate, and always on a server that listens
    /// with grpcio's own credentials (`listen_with`), as those may accept certificates without
    /// verifying them.
    pub fn identity(&self) -> Vec<String> {
        self.call.as_ref().map(|call| call.0.identity()).unwrap_or_default()
    }
}

/// How a call is to be made.
pub(super) struct CallOptions {
    pub metadata: Metadata,
    pub extensions: Extensions,
    pub timeout: Option<Duration>,
    pub wait_for_ready: bool,
    pub compression: Option<Compression>,
    pub compressed: bool,
}

impl<T> From<T> for Request<T> {
    fn from(message: T) -> Self {
        Request::new(message)
    }
}

/// What a server answers: a message (or a stream of them), headers before and trailers
/// after it.
///
/// ```
/// use quartet::rpc::{Request, Response, Status};
///
/// async fn length(request: Request<String>) -> Result<Response<usize>, Status> {
///     let mut response = Response::new(request.into_inner().len());
///     response.trailers_mut().add("x-cost", "3").map_err(|e| Status::internal(e.to_string()))?;
///     Ok(response) // with a message alone, `Ok(message.into())`
/// }
/// # futures::executor::block_on(async {
/// let response = length(Request::new("four".into())).await?;
/// assert_eq!(response.trailers().get("x-cost"), Some("3"));
/// assert_eq!(response.into_inner(), 4);
/// # Ok::<(), Status>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Response<T> {
    message: T,
    headers: Metadata,
    trailers: Metadata,
    compression: Option<Compression>,
    compressed: bool,
}

impl<T> Response<T> {
    /// A response with nothing but a message, or a stream.
    pub fn new(message: T) -> Self {
        Response {
            message,
            headers: Metadata::new(),
            trailers: Metadata::new(),
            compression: None,
            compressed: false,
        }
    }

    pub(super) fn received(received: Received<T>, headers: Metadata, trailers: Metadata) -> Self {
        let Received { message, compressed, .. } = received;
        Response { headers, trailers, compressed, ..Response::new(message) }
    }

    /// The message.
    pub fn get_ref(&self) -> &T {
        &self.message
    }

    /// The message, mutable.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.message
    }

    /// The message; the rest is dropped.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// The metadata before the message: sent with the first message, or with the status.
    pub fn headers(&self) -> &Metadata {
        &self.headers
    }

    /// The headers, for a server to change.
    pub fn headers_mut(&mut self) -> &mut Metadata {
        &mut self.headers
    }

    /// The metadata after the message: sent with the status.
    pub fn trailers(&self) -> &Metadata {
        &self.trailers
    }

    /// The trailers, for a server to change.
    pub fn trailers_mut(&mut self) -> &mut Metadata {
        &mut self.trailers
    }

    /// Compresses the messages of this reply, whatever the server's setting. The client must accept
    /// it: one that accepts only another compression gets that one, and one that accepts none gets
    /// them uncompressed.
    pub fn set_compression(&mut self, compression: Compression) {
        self.compression = Some(compression);
    }

    /// In a client: whether the message arrived compressed.
    pub fn compressed(&self) -> bool {
        self.compressed
    }

    pub(super) fn compression(&self) -> Option<Compression> {
        self.compression
    }

    pub(super) fn into_parts(self) -> (T, Metadata, Metadata) {
        (self.message, self.headers, self.trailers)
    }
}

impl<T> From<T> for Response<T> {
    fn from(message: T) -> Self {
        Response::new(message)
    }
}
