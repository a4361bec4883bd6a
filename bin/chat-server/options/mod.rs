mod calls;
mod connections;
mod services;
mod tls;
mod tokens;

use std::num::NonZeroUsize;
use std::time::Duration;

use chat::program;
use clap::Parser;
use log::LevelFilter;
use quartet::server::{Address, ServerBuilder};
use quartet::tls::ServerTls;

use calls::Calls;
use connections::Connections;
use services::Services;
use tls::Tls;

/// Serves chat.ChatService: four methods, one for each of gRPC's call types.
///
/// Once ready, it prints one line on stdout, `listening on ADDRESS...`, with the ports that were
/// picked. SIGINT and SIGTERM drain: new calls are refused, running ones may finish, and those
/// still running after --drain-timeout are cancelled; a second signal stops at once. SIGHUP reloads
/// the TLS files.
#[derive(Debug, Parser)]
#[command(name = "chat-server", version = program::version(), after_long_help = EXAMPLES)]
pub struct Options {
    /// Where to listen: host:port (0 picks a free port), [ipv6]:port, :port or unix:PATH;
    /// repeatable
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    pub listen: Vec<Address>,

    /// The pause between two messages of a broadcast; 0 for none
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = program::duration)]
    pub pace: Duration,

    /// How many completion queues, with a thread each, serve the connections. More than one pays
    /// off only with spare cores and hundreds of concurrent calls
    #[arg(long, value_name = "N", default_value = "1")]
    pub completion_queues: NonZeroUsize,

    /// How long running calls may go on after the first signal
    #[arg(long, value_name = "DURATION", default_value = "25s", value_parser = program::duration)]
    pub drain_timeout: Duration,

    /// How long to keep serving after the first signal while grpc.health.v1 reports NOT_SERVING: as
    /// long as load balancers take to notice. Counts towards --drain-timeout
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = program::duration)]
    drain_delay: Duration,

    /// Log more (twice: everything)
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,

    /// Log less (warnings; twice: errors)
    #[arg(short, long, action = clap::ArgAction::Count)]
    quiet: u8,

    #[command(flatten)]
    tls: Tls,

    #[command(flatten)]
    pub calls: Calls,

    #[command(flatten)]
    services: Services,

    #[command(flatten)]
    connections: Connections,
}

impl Options {
    /// Reads the certificates that the flags name, if any.
    ///
    /// # Errors
    /// A message for the user, when they can't be used.
    pub fn tls(&self) -> Result<Option<ServerTls>, String> {
        self.tls.load()
    }

    /// Sets what the flags ask for on the server.
    ///
    /// # Errors
    /// A message for the user, when what a flag names can't be used.
    pub fn apply(
        &self,
        builder: ServerBuilder,
        tls: Option<&ServerTls>,
    ) -> Result<ServerBuilder, String> {
        let builder = self.calls.observe(builder);
        let builder = self.tls.apply(builder, &self.listen, tls)?;
        let builder = self.calls.admit(builder)?;
        let builder = self.services.apply(builder)?;
        let builder = self.connections.apply(builder)?;
        Ok(builder.completion_queues(self.completion_queues.get()).drain_delay(self.drain_delay))
    }

    /// Starts the log. RUST_LOG, if set, decides what is logged.
    pub fn start_log(&self) {
        self.calls.start_log(program::level(LevelFilter::Info, self.verbose, self.quiet));
    }
}

const EXAMPLES: &str = "\
Examples:
  chat-server
  chat-server --listen 127.0.0.1:0                        a free port, printed when ready
  chat-server --listen :50051 --listen unix:/run/chat.sock
  chat-server --tls-cert server.pem --tls-key server.key --client-ca ca.pem
  RUST_LOG=warn GRPC_TRACE=http GRPC_VERBOSITY=debug chat-server

Exit codes:
  0  drained after a signal       2  the command line is wrong
  3  an address or a TLS file     128+N  ended at once by a second signal N
     can't be used, stdout can't
     be written, or threads or
     descriptors are missing";
