//! Interceptors that most services want, ready to add to a server or a channel.
//!
//! The order matters: each sees the calls that those before it let pass, and the status that those
//! after it leave. A server that has all of them adds [`EchoRequestId`], [`TraceContext`],
//! [`LogCalls`], [`Metrics`], [`BearerAuth`], [`ConcurrencyLimit`] and [`RateLimit`], in this
//! order, so that refused calls are logged and counted too, with their trace.

mod bearer_auth;
mod bearer_token;
#[cfg(feature = "limits")]
mod concurrency_limit;
mod exempt;
mod log_calls;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "limits")]
mod rate_limit;
mod request_id;
pub mod trace;

pub use bearer_auth::{BearerAuth, Caller};
pub use bearer_token::BearerToken;
#[cfg(feature = "limits")]
pub use concurrency_limit::ConcurrencyLimit;
pub use log_calls::LogCalls;
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
#[cfg(feature = "limits")]
pub use rate_limit::RateLimit;
pub use request_id::EchoRequestId;
pub use trace::{Trace, TraceContext};

use crate::rpc::Call;

/// Who calls, as far as it is proved: by a certificate, or else by a token.
fn proved_name(call: &Call) -> Option<String> {
    let certified = call.identity().into_iter().next();
    certified.or_else(|| call.extension().map(|caller: &Caller| caller.name().to_owned()))
}
