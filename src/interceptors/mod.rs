//! Interceptors that every service wants, ready to be added to a server or a channel.

mod log_calls;
mod request_id;

pub use log_calls::LogCalls;
pub use request_id::EchoRequestId;
