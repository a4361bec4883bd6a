mod calls;
mod channel;
mod tls;

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use chat::program;
use clap::{Parser, Subcommand, ValueEnum};
use log::{LevelFilter, warn};
use quartet::channel::{ChannelBuilder, Target};
use quartet::rpc::{Metadata, Request};

use calls::Calls;
use channel::Channel;
use tls::Tls;

/// Talks to a chat server: one command for each of gRPC's call types.
///
/// Without --server, a server is started inside this process, so every command works on its own.
#[derive(Debug, Parser)]
#[command(name = "chat-client", version = program::version(), after_long_help = EXAMPLES)]
pub struct Options {
    #[command(subcommand)]
    pub command: Command,

    /// The server: host:port, [ipv6]:port, unix:PATH, dns:///HOST:PORT, ipv4:A:P,B:P,
    /// xds:///SERVICE, or another target that C-core knows
    #[arg(
        short,
        long,
        visible_alias = "target",
        global = true,
        value_name = "TARGET",
        help_heading = "Connection"
    )]
    pub server: Option<Target>,

    /// The deadline of the call; one second for `hello` and `health`, none for the others. Each
    /// query to the server's reflection has a minute
    #[arg(long, global = true, value_name = "DURATION", value_parser = program::duration, help_heading = "Connection")]
    timeout: Option<Duration>,

    /// Wait until the server is reachable, instead of failing at once
    #[arg(long, global = true, help_heading = "Connection")]
    wait_for_ready: bool,

    /// Metadata to send; the value of a name that ends with -bin is base64
    #[arg(short = 'H', long = "header", global = true, value_name = "NAME:VALUE", value_parser = header, help_heading = "Connection")]
    headers: Vec<(String, Vec<u8>)>,

    /// The largest message to send, in bytes; servers accept 4 MiB by default
    #[arg(
        long,
        global = true,
        value_name = "BYTES",
        default_value = "4194304",
        help_heading = "Connection"
    )]
    pub max_message: u64,

    /// Who is talking
    #[arg(short, long, global = true, value_name = "NAME", env = "USER", default_value = "Marko")]
    pub user: String,

    /// How to print: text for people, or one line of JSON per event
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "text")]
    pub output: Format,

    /// Log more, to stderr (twice: debugging)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,

    /// Log less
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    quiet: u8,

    #[command(flatten)]
    tls: Tls,

    #[command(flatten)]
    channel: Channel,

    #[command(flatten)]
    calls: Calls,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Unary: greet the server and print its answer
    Hello {
        /// What to say
        #[arg(default_value = "This is a unary call.")]
        content: String,
    },
    /// Server streaming: print the broadcast as it arrives
    Broadcast,
    /// Client streaming: send the lines of a file or of stdin, and print the server's answer
    Upload {
        /// The file; stdin if omitted or `-`
        file: Option<PathBuf>,
    },
    /// Bidirectional: send what you type, print what comes back; end with Ctrl-D
    Chat,
    /// The article's four calls in order, with its names, messages and timing
    Demo,
    /// Check whether the server, or one of its services, is serving (grpc.health.v1): exit code 0
    /// if it is, 1 if it is not; for container probes
    Health {
        /// The full name of the service; without one, the whole server
        #[arg(default_value = "", hide_default_value = true)]
        service: String,
        /// Print every change, until the server ends the stream
        #[arg(long)]
        watch: bool,
    },
    /// Print the server's services, or the methods of one (by reflection)
    List {
        /// The full name of the service
        service: Option<String>,
    },
    /// Print a service, method, message or other symbol as in its .proto file, with its options (by
    /// reflection)
    Describe {
        /// The full name, for a method also package.Service/Method; without one, all services
        symbol: Option<String>,
    },
    /// Call any method, with requests and replies in JSON (by reflection)
    Call {
        /// The method: package.Service/Method, or package.Service.Method
        method: String,
        /// The request: JSON, @FILE, or - for stdin; several values in a row are a stream of
        /// requests, and none is an empty message
        data: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

impl Options {
    /// Sets what the flags ask for on the channel.
    ///
    /// # Errors
    /// A message for the user, when what a flag names can't be used.
    pub fn apply(&self, builder: ChannelBuilder) -> Result<ChannelBuilder, String> {
        if self.tls.wanted() && self.server.is_none() {
            return Err("TLS needs a server to connect to: --server".into());
        }
        let builder = self.channel.apply(self.tls.apply(builder)?)?;
        if self.is_exposed() && self.headers.iter().any(|(name, _)| is_secret(name)) {
            warn!("-H sends a secret unencrypted: anyone on the network can read it; use --tls");
        }
        self.calls.apply(builder, self.is_exposed())
    }

    /// A request with the metadata and the deadline that the flags ask for.
    pub fn request<T>(&self, message: T) -> Result<Request<T>, String> {
        let mut request = Request::new(message);
        *request.metadata_mut() = self.metadata()?;
        request.set_wait_for_ready(self.wait_for_ready);
        let short =
            matches!(self.command, Command::Hello { .. } | Command::Health { watch: false, .. });
        let default = short.then_some(Duration::from_secs(1));
        if let Some(timeout) = self.timeout.or(default) {
            request.set_timeout(timeout);
        }
        Ok(request)
    }

    /// The deadline of a call, if one was given.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Whether what is sent leaves this machine unencrypted.
    fn is_exposed(&self) -> bool {
        !self.tls.wanted() && self.server.as_ref().is_some_and(|target| !target.is_local())
    }

    fn metadata(&self) -> Result<Metadata, String> {
        let mut metadata = Metadata::new();
        for (name, value) in &self.headers {
            metadata.add(name, value).map_err(|error| error.to_string())?;
        }
        Ok(metadata)
    }

    /// How much is logged, unless RUST_LOG says otherwise, starting from `base`.
    pub fn log_level(&self, base: LevelFilter) -> LevelFilter {
        program::level(self.calls.log_level(base), self.verbose, self.quiet)
    }
}

fn header(text: &str) -> Result<(String, Vec<u8>), String> {
    let (name, value) = text.split_once(':').ok_or("no `:` between name and value")?;
    let (name, value) = (name.trim(), value.trim());
    let value = match name.to_ascii_lowercase().ends_with("-bin") {
        true => BASE64_STANDARD_NO_PAD
            .decode(value.trim_end_matches('='))
            .map_err(|error| format!("the value of `{name}` is not base64: {error}"))?,
        false => value.into(),
    };
    Metadata::new().add(name, &value).map_err(|error| error.to_string())?;
    Ok((name.to_owned(), value))
}

fn is_secret(name: &str) -> bool {
    ["authorization", "proxy-authorization", "cookie"].contains(&&*name.to_ascii_lowercase())
}

const EXAMPLES: &str = "\
Examples:
  chat-client demo                                  the article's four calls, all in one process
  chat-client --server localhost:50051 hello 'Hi!'
  chat-client -s unix:/run/chat.sock -u Ada chat
  seq 1000 | chat-client -s localhost:50051 upload
  chat-client -s localhost:50051 -o json broadcast | jq .content
  chat-client -s chat.example:443 --tls hello
  chat-client -s localhost:50051 --cacert ca.pem --cert ada.pem --key ada.key chat
  chat-client -s localhost:50051 call chat.ChatService/SayHello '{\"user\": \"Ada\"}'
  chat-client -s localhost:50051 describe chat.ChatService/SayHello
  chat-client -s localhost:50051 health chat.ChatService
  chat-client -s localhost:50051 -H 'x-trace: 17' --timeout 500ms hello

Exit codes:
  0  the call ended with OK          3  a file, room for the output, a thread or a
                                        descriptor is missing
  1  `health`: it is not serving     4  interrupted by Ctrl-C; the call was cancelled
  2  the command line or the input   64+N  the call ended with the status code N
     is wrong                              (78 is UNAVAILABLE, 68 DEADLINE_EXCEEDED)";
