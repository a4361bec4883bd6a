//! TLS and mTLS from PEM files, which are reloaded when they change.
//!
//! A server's certificate, key and client CA are a [`ServerTls`], for
//! [`ServerBuilder::listen_tls`](crate::server::ServerBuilder::listen_tls); a client's CA,
//! certificate and key a [`ClientTls`], for
//! [`ChannelBuilder::tls`](crate::channel::ChannelBuilder::tls). [`AllowNames`] accepts only some
//! of the callers whose certificates are good.
//!
//! Both check what they read before they use it, and hand C-core exactly what was checked: the
//! certificate is valid today, the key matches it, the chain is in order, the CA is a CA. A fault
//! at the start is an [`Error`], and nothing is opened. Later the files are checked twice a second,
//! and at [`ServerTls::reload`]. Their content counts, not their times, so a swapped symlink (as in
//! Kubernetes) is noticed as well as a rewritten file; new content is used once it is the same in
//! two checks in a row. Files that are broken, expired, missing or for other names are logged in
//! one line, and the old ones stay in use. New connections, and a client's new calls, use the new
//! files; running calls go on.
//!
//! TLS 1.2 and 1.3 are supported, with C-core's choice of ciphers.

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
