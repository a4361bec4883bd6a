use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use chat::program::{self, LogFormat};
use clap::Args;
use log::{LevelFilter, info};
use prometheus_client::metrics::info::Info;
use quartet::admin::{Admin, Page};
use quartet::interceptors::{
    BearerAuth, ConcurrencyLimit, LogCalls, Metrics, RateLimit, TraceContext, metrics,
};
use quartet::server::ServerBuilder;

use super::tokens;

/// What is done around every call: its log line, metrics, tokens, limits.
#[derive(Debug, Args)]
#[command(next_help_heading = "Calls")]
pub struct Calls {
    /// Log a line for each call: its method, peer, status, time and traffic
    #[arg(long)]
    log_calls: bool,

    /// How to write the log: text for people, or one JSON object per line
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,

    /// Serve /metrics, /healthz, /readyz and /version over HTTP at this address: a port on
    /// loopback, or HOST:PORT
    #[arg(long, value_name = "ADDRESS", value_parser = admin_address)]
    admin: Option<SocketAddr>,

    /// Accept only calls with a bearer token from this file (health checks need none): NAME TOKEN
    /// on each line, # for comments
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,

    /// How many calls may run at once
    #[arg(long, value_name = "N")]
    max_calls: Option<NonZeroUsize>,

    /// How many calls per second each caller may start; callers are distinguished by certificate,
    /// token or else IP address
    #[arg(long, value_name = "N")]
    max_rate: Option<NonZeroU32>,

    #[arg(skip)]
    metrics: Metrics,
}

impl Calls {
    /// Makes the server log and count its calls. Comes before whatever refuses calls, so that
    /// refused calls show up too.
    pub fn observe(&self, builder: ServerBuilder) -> ServerBuilder {
        let mut builder = builder.interceptor(TraceContext::default());
        if self.log_calls {
            builder = builder.interceptor(LogCalls);
        }
        if self.admin.is_some() {
            builder = builder.interceptor(self.metrics.clone());
        }
        builder
    }

    /// Makes the server refuse calls without a token, and calls over the limits.
    ///
    /// # Errors
    /// A message for the user, when what a flag names can't be used.
    pub fn admit(&self, mut builder: ServerBuilder) -> Result<ServerBuilder, String> {
        if let Some(file) = &self.tokens {
            builder = builder.interceptor(BearerAuth::tokens(tokens::read(file)?));
        }
        if let Some(most) = self.max_calls {
            builder = builder.interceptor(ConcurrencyLimit::new(most.get()));
        }
        if let Some(most) = self.max_rate {
            builder = builder.interceptor(RateLimit::per_caller(most));
        }
        Ok(builder)
    }

    /// Starts the log.
    pub fn start_log(&self, level: LevelFilter) {
        program::log_to_stderr_as(self.log_format, level);
    }

    /// Starts the admin server, if wanted. The function says whether calls are accepted.
    ///
    /// # Errors
    /// A message for the user, when the server can't listen on the address.
    pub fn start_admin(
        &self,
        ready: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<Option<Admin>, String> {
        let Some(address) = self.admin else { return Ok(None) };
        let build =
            Info::new([("version", env!("CARGO_PKG_VERSION")), ("core", quartet::core_version())]);
        self.metrics.register(|registry| registry.register("build", "What runs", build));
        let metrics = self.metrics.clone();
        let admin = Admin::builder()
            .page("/metrics", move || Page::typed(metrics::CONTENT_TYPE, metrics.encode()))
            .page("/healthz", || Page::text("alive"))
            .page("/readyz", move || match ready() {
                true => Page::text("ready"),
                false => Page::unavailable("not ready"),
            })
            .page("/version", || Page::text(format!("chat-server {}", program::version())))
            .start(address)
            .map_err(|error| format!("can't listen on --admin {address}: {error}"))?;
        info!("admin pages at http://{}/", admin.address());
        Ok(Some(admin))
    }
}

/// A port alone means loopback: these pages are for nobody else by default.
fn admin_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    let text = text.replacen("localhost:", "127.0.0.1:", 1);
    text.parse().map_err(|_| "write a port, IPV4:PORT or [IPV6]:PORT".to_owned())
}
