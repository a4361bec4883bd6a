use std::time::Duration;

use chat::program::duration;
use clap::Args;
use quartet::Keepalive;
use quartet::server::ServerBuilder;

/// How connections are kept, and for how long.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connections")]
pub struct Connections {
    /// The largest message to accept, in bytes
    #[arg(long, value_name = "BYTES", default_value = "4194304")]
    max_message: usize,

    /// The most metadata a call may have, in bytes
    #[arg(long, value_name = "BYTES", default_value = "16384")]
    max_metadata: usize,

    /// How much memory all connections together may use for what they receive, in bytes; 0 for no
    /// limit. Calls are ended to stay within it
    #[arg(long, value_name = "BYTES", default_value = "536870912")]
    memory_quota: usize,

    /// How many calls may run at once on one connection; further calls wait in the client
    #[arg(long, value_name = "N", default_value = "1000")]
    max_streams: u32,

    /// Ping a client that has been silent this long, to check that it is alive
    #[arg(long, value_name = "DURATION", default_value = "2h", value_parser = duration)]
    keepalive_time: Duration,

    /// How long to wait for the answer to a ping
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration)]
    keepalive_timeout: Duration,

    /// The shortest time between a client's pings, with or without a call; clients that ping more
    /// often are disconnected
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration)]
    min_ping_interval: Duration,

    /// Make clients reconnect after this long (give or take a tenth), so that they find new
    /// replicas; by default they stay
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    max_connection_age: Option<Duration>,

    /// How long calls may go on after --max-connection-age; by default until they end
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "max_connection_age")]
    max_connection_age_grace: Option<Duration>,

    /// Close connections that have had no call for this long; by default they stay
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    max_connection_idle: Option<Duration>,

    /// Let clients use a header table: a tenth faster, but unsafe on connections that a proxy
    /// shares among callers (CVE-2024-7246)
    #[arg(long)]
    header_table: bool,
}

impl Connections {
    /// Sets them on the server.
    ///
    /// # Errors
    /// A message for the user, when what a flag names can't be used.
    pub fn apply(&self, builder: ServerBuilder) -> Result<ServerBuilder, String> {
        let keepalive = Keepalive::every(self.keepalive_time).timeout(self.keepalive_timeout);
        let mut builder = builder
            .max_receive(self.max_message)
            .max_metadata(self.max_metadata)
            .max_concurrent_streams(self.max_streams)
            .keepalive(keepalive)
            .permit_pings_without_calls(self.min_ping_interval)
            .header_table(self.header_table);
        if self.memory_quota > 0 {
            builder = builder.memory_quota(self.memory_quota);
        }
        if let Some(age) = self.max_connection_age {
            builder = builder.max_connection_age(age);
        }
        if let Some(grace) = self.max_connection_age_grace {
            builder = builder.max_connection_age_grace(grace);
        }
        if let Some(idle) = self.max_connection_idle {
            builder = builder.max_connection_idle(idle);
        }
        Ok(builder)
    }
}
