use std::fs;
use std::path::PathBuf;

use clap::Args;
use log::{LevelFilter, debug, warn};
use quartet::channel::ChannelBuilder;
use quartet::interceptors::{BearerToken, LogCalls, Trace, TraceContext};
use quartet::rpc::{Call, Interceptor, Status};

/// What goes with every call, and what is logged about it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Calls")]
pub struct Calls {
    /// Send the bearer token in this file, its only line. Without TLS it goes only to a server on
    /// this machine (a socket, a loopback address, localhost)
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// Also send the token to other machines without TLS
    #[arg(long, global = true, requires = "token_file")]
    allow_plaintext_token: bool,

    /// Log a line for each call: its method, status, time and traffic
    #[arg(long, global = true)]
    log_calls: bool,
}

impl Calls {
    /// Sets them on the channel. What is sent over one that is exposed can be read on the way.
    ///
    /// # Errors
    /// A message for the user, when what a flag names can't be used.
    pub fn apply(&self, builder: ChannelBuilder, exposed: bool) -> Result<ChannelBuilder, String> {
        let mut builder = builder.interceptor(TraceContext::default()).interceptor(ShowTrace);
        if self.log_calls {
            builder = builder.interceptor(LogCalls);
        }
        if let Some(file) = &self.token_file {
            match (exposed, self.allow_plaintext_token) {
                (true, true) => {
                    warn!("the token is sent unencrypted: anyone on the network can read it")
                }
                (true, false) => {
                    return Err(
                        "--token-file would send the token unencrypted: use TLS (--tls or \
                         --cacert), or allow it with \
                                --allow-plaintext-token"
                            .into(),
                    );
                }
                _ => {}
            }
            let name = file.display();
            let text = fs::read_to_string(file)
                .map_err(|error| format!("can't read --token-file {name}: {error}"))?;
            let token = BearerToken::new(text.trim())
                .map_err(|_| format!("--token-file {name}: expected one line with a token"))?;
            builder = builder.interceptor(token);
        }
        Ok(builder)
    }

    /// The log level, at least `base`, that shows what these flags ask for.
    pub fn log_level(&self, base: LevelFilter) -> LevelFilter {
        if self.log_calls { base.max(LevelFilter::Info) } else { base }
    }
}

/// Logs, for debugging, which trace a call belongs to.
struct ShowTrace;

impl Interceptor for ShowTrace {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        if let Some(trace) = call.extension::<Trace>() {
            debug!("{}: trace {}, span {}", call.method(), trace.id(), trace.span_id());
        }
        Ok(())
    }
}
