//! A call that is served: from what grpcio accepts to the end of the reply.

mod dispatch;
mod reply;
mod requests;
mod running;
mod service;

pub(crate) use dispatch::ServerSettings;
pub(crate) use running::Running;
pub use service::{Service, ServiceBuilder};
