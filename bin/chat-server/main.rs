//! The chat server: serves `chat.ChatService` until a signal, then drains.

mod options;
mod signals;

use std::io::{self, Write};
use std::process::ExitCode;

use chat::program::{self, EXIT_ENVIRONMENT};
use chat::{Chat, ChatServiceServer};
use futures_executor::block_on;
use log::{info, warn};
use quartet::interceptors::EchoRequestId;
use quartet::server::{Drained, Server};
use quartet::services::Health;
use quartet::tls::ServerTls;

use options::Options;
use signals::Signals;

fn main() -> ExitCode {
    let options = match program::options::<Options>() {
        Ok(options) => options,
        Err(code) => return code.into(),
    };
    options.start_log();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            program::say(&format!("chat-server: {error}"));
            ExitCode::from(EXIT_ENVIRONMENT)
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let mut signals = Signals::catch()?;
    let tls = options.tls()?;
    let health = Health::new();
    let server = start(options, tls.as_ref(), &health)?;
    let _admin = options.calls.start_admin(move || health.is_serving(""))?;
    announce(&server, tls.as_ref())?;
    let signal = signals.wait(|| reload(tls.as_ref()));
    info!(
        "{signal}: draining {} running calls, for {:?} at most; a second signal stops at once",
        server.running_calls(),
        options.drain_timeout
    );
    signals.end_at_next();
    match block_on(server.drain(options.drain_timeout)) {
        Drained::Complete => info!("drained: every call has ended"),
        Drained::Cancelled => warn!("drain timeout: the calls still running were cancelled"),
        Drained::Stuck => warn!("drain timeout: a handler blocks its thread, and is left behind"),
    }
    Ok(())
}

fn start(
    options: &Options,
    tls: Option<&ServerTls>,
    health: &Health,
) -> Result<Server, Box<dyn std::error::Error>> {
    let builder = Server::builder()
        .health(health.clone())
        .interceptor(EchoRequestId)
        .service(ChatServiceServer::new(Chat::default().pace(options.pace)));
    Ok(options.apply(builder, tls)?.start()?)
}

/// What SIGHUP asks for.
fn reload(tls: Option<&ServerTls>) {
    match tls {
        // What comes of it is in the log.
        Some(tls) => drop(tls.reload()),
        None => info!("SIGHUP: nothing to reload without --tls-cert"),
    }
}

/// Says on stdout, in one line, that the server is ready, and where; and in the log, how secure.
fn announce(server: &Server, tls: Option<&ServerTls>) -> io::Result<()> {
    for address in server.addresses() {
        match tls {
            Some(tls) => info!("listening on {address}, TLS: {tls}"),
            None => info!("listening on {address}, insecure: no TLS"),
        }
    }
    let addresses: Vec<_> = server.addresses().iter().map(ToString::to_string).collect();
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {}", addresses.join(" "))
        .and_then(|()| out.flush())
        .map_err(|error| io::Error::other(format!("can't write to stdout: {error}")))
}
