use std::time::Duration;

use grpcio::ChannelBuilder;

use crate::arguments::millis;
use quartet_seam as seam;

/// The pauses between attempts to connect to an address that can't be reached
/// ([specification](https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md)).
///
/// By default one second, then 1.6 times as long each time, up to two minutes, give or take a
/// random fifth; an attempt gets at least 20 seconds. Shorter pauses find a restarted server
/// sooner, at the price of more attempts from every client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first pause; at least 100 ms.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// The least time that an attempt gets.
    pub attempt: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(120),
            attempt: Duration::from_secs(20),
        }
    }
}

/// How a channel comes by its connections.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Connecting {
    pub backoff: Option<Backoff>,
    pub resolve_at_most_every: Option<Duration>,
    pub without_retries: bool,
    pub without_proxy: bool,
}

impl Connecting {
    pub fn apply(self, mut builder: ChannelBuilder) -> ChannelBuilder {
        if let Some(Backoff { first, longest, attempt }) = self.backoff {
            builder = builder
                .raw_cfg_int(c"grpc.initial_reconnect_backoff_ms".into(), millis(first))
                .raw_cfg_int(c"grpc.max_reconnect_backoff_ms".into(), millis(longest))
                .raw_cfg_int(c"grpc.min_reconnect_backoff_ms".into(), millis(attempt));
        }
        // Newer cores have one by default; see `Idle`.
        builder = builder.raw_cfg_int(c"grpc.client_idle_timeout_ms".into(), i32::MAX);
        if let Some(time) = self.resolve_at_most_every {
            let name = c"grpc.dns_min_time_between_resolutions_ms";
            builder = builder.raw_cfg_int(name.into(), millis(time));
        }
        if self.without_proxy {
            builder = builder.raw_cfg_int(c"grpc.enable_http_proxy".into(), 0);
        }
        if self.without_retries {
            builder = builder.raw_cfg_int(c"grpc.enable_retries".into(), 0);
            // C-core's smallest stack has no filter for the length of messages, which is seen to
            // here if the core takes long ones at all. Deadlines stay.
            if seam::core_receives_long_messages() {
                builder = builder
                    .raw_cfg_int(c"grpc.minimal_stack".into(), 1)
                    .raw_cfg_int(c"grpc.enable_deadline_checking".into(), 1);
            }
        }
        builder
    }
}
