//! A call: its four types, on the server and on the client, through one path.
//!
//! A service is a trait with an `async fn` for each method, generated from its .proto.
//! A handler gets a [`Request`] and returns a [`Response`] or a [`Status`]; streams are
//! [`Streaming`] when they come in and any [`Stream`] of results when they go out. No
//! handler sees a sink, or any other type of grpcio's.
//!
//! The four types are two kinds of request (one message, a stream) times two kinds of reply. On the
//! server, `server::service` takes what grpcio accepts, `server::dispatch` asks the
//! [`Interceptor`]s and runs the handler under `guard`, and `server::reply` ends the call, exactly
//! once, whatever happens. In a client, [`Client`] starts calls, and `client::call` keeps track of
//! them while they run. Messages come in through `server::requests`, `client::replies` and `codec`,
//! and go out through `server::reply` and `client::sender`.

mod blocking;
mod bundles;
mod client;
mod codec;
mod compression;
mod extensions;
mod guard;
mod interceptor;
mod metadata;
mod request;
mod server;
mod status;
mod streaming;
mod watch;

pub use blocking::blocking;
pub(crate) use client::ClientSettings;
pub use client::{Client, Ended, Reply, Sender};
pub use compression::{Compression, Compressor};
pub use futures::Stream;
pub(crate) use interceptor::Interceptors;
pub use interceptor::{Call, End, Interceptor, Side, Traffic};
pub use metadata::{InvalidMetadata, Metadata};
pub use request::{Request, Response};
pub(crate) use server::{Running, ServerSettings};
pub use server::{Service, ServiceBuilder};
pub use status::{Code, Status};
pub use streaming::Streaming;
