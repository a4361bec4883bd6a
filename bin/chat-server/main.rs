//! The chat server: serves `chat.ChatService` until a signal, then drains.

mod options;
mod signals;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use clap::Parser;
use futures::executor::block_on;
use log::{info, warn};
use quartet::chat::program::EXIT_ENVIRONMENT;
use quartet::chat::{Chat, ChatServiceServer};
use quartet::interceptors::EchoRequestId;
use quartet::server::{Drained, Server};

use options::Options;
use signals::Signals;

fn main() -> ExitCode {
    let options = Options::parse();
    options.start_log();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat-server: {error}");
            ExitCode::from(EXIT_ENVIRONMENT)
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let mut signals = Signals::catch()?;
    let server = start(options)?;
    let serving = Arc::new(AtomicBool::new(true));
    let ready = serving.clone();
    let _admin = options.calls.start_admin(move || ready.load(Relaxed))?;
    announce(&server)?;
    let signal = signals.wait();
    info!(
        "{signal}: draining, for {:?} at most; a second signal ends at once",
        options.drain_timeout
    );
    serving.store(false, Relaxed);
    signals.end_at_next();
    match block_on(server.drain(options.drain_timeout)) {
        Drained::Complete => info!("drained: every call came to its end"),
        Drained::Cancelled => warn!("time was up: the calls that still ran were cancelled"),
        Drained::Stuck => warn!("time was up, and a handler blocks its thread: left behind"),
    }
    Ok(())
}

fn start(options: &Options) -> Result<Server, Box<dyn std::error::Error>> {
    let builder = Server::builder()
        .interceptor(EchoRequestId)
        .service(ChatServiceServer::new(Chat::default().pace(options.pace)));
    Ok(options.apply(builder)?.start()?)
}

/// Says on stdout, in one line, that the server is ready, and where.
fn announce(server: &Server) -> io::Result<()> {
    let addresses: Vec<_> = server.addresses().iter().map(ToString::to_string).collect();
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {}", addresses.join(" "))?;
    out.flush()
}
