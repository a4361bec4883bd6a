//! Pings that check whether a silent peer is still alive.

use std::time::Duration;

use grpcio::ChannelBuilder;

use crate::arguments::millis;

/// When to ping a silent connection, and when to give it up: its calls then end with `UNAVAILABLE`.
/// Without it, a peer that vanishes silently (a cable, a firewall, a machine that lost power) is
/// noticed only by deadlines.
///
/// Servers count pings and close the connection (`GOAWAY`, "too_many_pings") of a client that
/// sends more than they allow: by default one in five minutes, and none without a call. So a client
/// that pings more often needs a server that allows it, here with
/// [`permit_pings`](crate::server::ServerBuilder::permit_pings). gRPC advises against less than a
/// minute ([gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    every: Duration,
    timeout: Duration,
    without_calls: bool,
}

impl Keepalive {
    /// A ping whenever nothing has arrived for this long.
    pub fn every(time: Duration) -> Self {
        Keepalive { every: time, timeout: Duration::from_secs(20), without_calls: false }
    }

    /// How long to wait for the answer before giving up the connection; 20 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Whether to ping connections without calls too; off by default.
    pub fn without_calls(mut self, yes: bool) -> Self {
        self.without_calls = yes;
        self
    }

    pub(crate) fn apply(self, builder: ChannelBuilder) -> ChannelBuilder {
        builder
            .raw_cfg_int(c"grpc.keepalive_time_ms".into(), millis(self.every))
            .raw_cfg_int(c"grpc.keepalive_timeout_ms".into(), millis(self.timeout))
            .raw_cfg_int(WITHOUT_CALLS.into(), self.without_calls.into())
            // By default C-core asks twice and then no more, until data is sent again: a stream
            // that only waits would be without.
            .raw_cfg_int(c"grpc.http2.max_pings_without_data".into(), 0)
            // A limit of newer cores, a minute by default, which goes before the one above.
            .raw_cfg_int(c"grpc.http2.ping_timeout_ms".into(), millis(self.timeout))
    }
}

/// On a server it also sets whether clients may ping without calls.
pub(crate) const WITHOUT_CALLS: &std::ffi::CStr = c"grpc.keepalive_permit_without_calls";
