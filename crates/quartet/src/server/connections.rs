use std::time::Duration;

use grpcio::ChannelBuilder;

use crate::arguments::millis;
use crate::keepalive::WITHOUT_CALLS;

/// How long connections live, and what they may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connections {
    pub max_streams: u32,
    pub max_age: Option<Duration>,
    pub max_age_grace: Option<Duration>,
    pub max_idle: Option<Duration>,
    pub handshake: Duration,
    pub pings: Option<Pings>,
}

/// The pings that clients may send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pings {
    pub every: Duration,
    pub without_calls: bool,
}

impl Default for Connections {
    fn default() -> Self {
        Connections {
            max_streams: 1000,
            max_age: None,
            max_age_grace: None,
            max_idle: None,
            handshake: Duration::from_secs(20),
            pings: None,
        }
    }
}

impl Connections {
    pub fn apply(self, builder: ChannelBuilder) -> ChannelBuilder {
        let times = [
            (c"grpc.max_connection_age_ms", self.max_age),
            (c"grpc.max_connection_age_grace_ms", self.max_age_grace),
            (c"grpc.max_connection_idle_ms", self.max_idle),
            (c"grpc.server_handshake_timeout_ms", Some(self.handshake)),
            (c"grpc.http2.min_ping_interval_without_data_ms", self.pings.map(|pings| pings.every)),
        ];
        let streams = i32::try_from(self.max_streams).unwrap_or(i32::MAX);
        let mut builder = builder.max_concurrent_stream(streams);
        for (name, time) in times {
            if let Some(time) = time {
                builder = builder.raw_cfg_int(name.into(), millis(time));
            }
        }
        match self.pings {
            Some(Pings { without_calls: true, .. }) => builder.raw_cfg_int(WITHOUT_CALLS.into(), 1),
            _ => builder,
        }
    }
}
