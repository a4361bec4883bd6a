//! TLS and mTLS from PEM files, which are read again when they change.
//!
//! A server's certificate, key and client CA are a [`ServerTls`], for
//! [`ServerBuilder::listen_tls`](crate::server::ServerBuilder::listen_tls); a client's CA,
//! certificate and key a [`ClientTls`], for
//! [`ChannelBuilder::tls`](crate::channel::ChannelBuilder::tls). [`AllowNames`] lets in only
//! some of the callers whose certificates are good.
//!
//! Both check what they read before it is used, and hand C-core exactly what was checked: the
//! certificate is valid today, the key is its key, the chain is in order, the CA is one. A fault
//! at the start is an [`Error`], and nothing is opened. Later the files are looked at twice a
//! second, and at [`ServerTls::reload`]. Their content counts, not their times, so that the
//! swap of a symlink (as Kubernetes does it) is seen as well as a file that is written anew; it is
//! taken when it stood still from one look to the next. What is broken, expired, of other
//! names or not there is told in one line of the log, and what was in use stays in use. New
//! connections, and a client's new calls, use what is new; what runs goes on.
//!
//! TLS 1.2 and 1.3 are spoken, with C-core's choice of ciphers.

mod allow;
mod certificate;
mod client;
mod clock;
mod error;
mod files;
mod key;
mod live;
mod pem;
mod server;

pub use allow::{AllowNames, InvalidName};
pub use client::{ClientTls, ClientTlsBuilder};
pub use error::Error;
pub(crate) use files::Material;
pub use server::{ServerTls, ServerTlsBuilder};
