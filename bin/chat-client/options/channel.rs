use std::time::Duration;

use chat::program::duration;
use clap::{Args, ValueEnum};
use quartet::Keepalive;
use quartet::channel::{ChannelBuilder, HttpProxy, Methods, Retry, ServiceConfig};

/// How the server is found and reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Channel")]
pub struct Channel {
    /// Spread calls over every address of the target, instead of using the first that connects
    #[arg(long, global = true)]
    round_robin: bool,

    /// With --round-robin: skip servers that report this service as not serving; without a name,
    /// the whole server
    #[arg(long, global = true, value_name = "SERVICE", num_args = 0..=1, default_missing_value = "", requires = "round_robin")]
    health_check: Option<String>,

    /// Try a call that ends with UNAVAILABLE up to N times in all, 2 to 5
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=5))]
    retry: Option<u32>,

    /// A service config in JSON, in place of the three flags above
    #[arg(long, global = true, value_name = "JSON", conflicts_with_all = ["round_robin", "health_check", "retry"])]
    service_config: Option<ServiceConfig>,

    /// Which servers to reach through the HTTP proxy of the environment (grpc_proxy, https_proxy or
    /// http_proxy, except the hosts in no_grpc_proxy or no_proxy): those on other machines, all, or
    /// none
    #[arg(long, global = true, value_name = "WHICH", default_value = "remote")]
    http_proxy: Proxied,

    /// Ping a server that has been silent this long, to check that it is alive; off by default
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    keepalive_time: Option<Duration>,

    /// How long to wait for the answer to a ping
    #[arg(long, global = true, value_name = "DURATION", default_value = "20s", value_parser = duration)]
    keepalive_timeout: Duration,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Proxied {
    Remote,
    All,
    None,
}

impl Channel {
    /// Sets them on the channel.
    ///
    /// # Errors
    /// A message for the user, when what a flag names can't be used.
    pub fn apply(&self, builder: ChannelBuilder) -> Result<ChannelBuilder, String> {
        let proxy = match self.http_proxy {
            Proxied::Remote => HttpProxy::Remote,
            Proxied::All => HttpProxy::Always,
            Proxied::None => HttpProxy::Never,
        };
        let builder = builder.service_config(self.service_config()).http_proxy(proxy);
        Ok(match self.keepalive_time {
            Some(time) => builder.keepalive(Keepalive::every(time).timeout(self.keepalive_timeout)),
            None => builder,
        })
    }

    fn service_config(&self) -> ServiceConfig {
        let mut config = self.service_config.clone().unwrap_or_default();
        if self.round_robin {
            config = config.round_robin();
        }
        if let Some(service) = &self.health_check {
            config = config.health_checked(service);
        }
        if let Some(attempts) = self.retry {
            config = config.methods(Methods::all().retry(Retry::new(attempts)));
        }
        config
    }
}
