//! A call: its four styles, on the server and on the client, through one path.
//!
//! A service is a trait with an `async fn` for each method, generated from its .proto.
//! A handler gets a [`Request`] and returns a [`Response`] or a [`Status`]; streams are
//! [`Streaming`] when they come in and any [`Stream`] of results when they go out. No
//! handler sees a sink, or any other type of grpcio's.
//!
//! The four styles are two kinds of request (one message, a stream) times two kinds of
//! reply. On the server, `service` takes what grpcio accepts, `serve` asks the
//! [`Interceptor`]s and runs the handler under `guard`, and `reply` ends the call, exactly
//! once, whatever happens. In a client, [`Client`] starts calls, and `outgoing` knows them
//! while they are on their way. Messages come in through `inbound` and `codec`, and go out
//! through `reply` and `outbound`.

mod blocking;
mod client;
mod codec;
mod compression;
mod extensions;
mod guard;
mod inbound;
mod interceptor;
mod metadata;
mod outbound;
mod outgoing;
mod reply;
mod request;
mod running;
mod serve;
mod service;
mod status;
mod streaming;
mod timeout;
mod watch;

pub use blocking::blocking;
pub use client::{Client, Reply};
pub use compression::{Compression, Compressor};
pub use futures::Stream;
pub(crate) use interceptor::Interceptors;
pub use interceptor::{Call, End, Interceptor, Side, Traffic};
pub use metadata::{InvalidMetadata, Metadata};
pub use outbound::{Ended, Sender};
pub(crate) use outgoing::Config;
pub use request::{Request, Response};
pub(crate) use running::Running;
pub(crate) use serve::Terms;
pub use service::{Service, ServiceBuilder};
pub use status::{Code, Status};
pub use streaming::Streaming;
