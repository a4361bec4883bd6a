//! A server that runs, and the proxy in front of it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::listener::Listener;
use super::{HOST, Lab};
use crate::interop::case::{Pace, Suite, Transport};
use crate::peer::Peer;
use crate::peer::Role;
use crate::peer::manifest::ProxyContract;
use crate::process::Launch;

/// What to start.
pub struct ServerOptions<'a> {
    /// The peer.
    pub peer: &'a Peer,
    /// The proxy in front of it.
    pub proxy: Option<&'a Peer>,
    /// The suite that it serves.
    pub suite: Suite,
    /// With TLS or without.
    pub transport: Transport,
    /// Its pace.
    pub pace: Pace,
}

/// A server that is ready.
pub struct Server {
    /// The port for clients: its own, or the proxy's.
    pub port: u16,
    /// Its pace.
    pub pace: Pace,
    server: Listener,
    proxy: Option<Listener>,
}

/// How long the logs of a server and of its proxy are.
#[derive(Clone, Copy)]
pub struct Lengths(u64, u64);

/// What was logged.
pub struct Logged {
    /// By the server.
    pub server: String,
    /// By the proxy, if there is one.
    pub proxy: Option<String>,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub fn start(lab: &Lab, options: &ServerOptions<'_>, log: &Path) -> Result<Self, String> {
        let ServerOptions { peer, proxy, suite, transport, pace } = *options;
        let (_, command) = peer.command(suite, Role::Server).ok_or("it has no server")?;
        let port = lab.ports.reserve()?;
        let command = command.fill(&lab.values(peer, transport, port).with("pace", pace.value()));
        let launch = Launch { command: &command, folder: &peer.folder, stdout: log, stderr: log };
        let server = Listener::start(&lab.children, "server", &launch, port, lab.limit)?;
        let mut ready = Self { port, pace, server, proxy: None };
        if let Some(proxy) = proxy {
            let (proxy, port) = start_proxy(lab, proxy, port, log)?;
            (ready.proxy, ready.port) = (Some(proxy), port);
        }
        Ok(ready)
    }

    /// How it ended, or its proxy, if one of them has, or the server does within this time.
    pub fn ending(&mut self, within: Duration) -> Option<String> {
        self.server.ending(within).or_else(|| self.proxy.as_mut()?.ending(Duration::ZERO))
    }

    /// Kills the server. The proxy lives on.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Ends it as an operator would.
    pub fn terminate(self) {
        self.proxy.into_iter().for_each(Listener::terminate);
        self.server.terminate();
    }

    /// How long its logs are by now.
    pub fn log_lengths(&self) -> Lengths {
        Lengths(self.server.log_length(), self.proxy.as_ref().map_or(0, Listener::log_length))
    }

    /// What was logged since the logs had these lengths.
    pub fn logs_since(&self, Lengths(server, proxy): Lengths) -> Logged {
        Logged {
            server: self.server.log_since(server),
            proxy: self.proxy.as_ref().map(|it| it.log_since(proxy)),
        }
    }
}

/// Starts a proxy. What it writes lies beside the server's log.
fn start_proxy(
    lab: &Lab,
    proxy: &Peer,
    upstream: u16,
    server_log: &Path,
) -> Result<(Listener, u16), String> {
    let contract = proxy.manifest.proxy.as_ref().ok_or("it is no proxy")?;
    let ProxyContract { config, command } = contract;
    let port = lab.ports.reserve()?;
    let folder = server_log.with_extension("proxy");
    let filled = folder.join(config);
    let values = proxy
        .values()
        .with("listen_port", port)
        .with("upstream_host", HOST)
        .with("upstream_port", upstream)
        .with("folder", folder.display())
        .with("config", filled.display());
    let template = proxy.folder.join(config);
    fs::read_to_string(&template)
        .and_then(|text| {
            fs::create_dir_all(&folder)?;
            fs::write(&filled, values.fill(&text))
        })
        .map_err(|error| format!("{}: {error}", template.display()))?;
    let (command, log) = (command.fill(&values), folder.join("log"));
    let launch = Launch { command: &command, folder: &proxy.folder, stdout: &log, stderr: &log };
    Ok((Listener::start(&lab.children, "proxy", &launch, port, lab.limit)?, port))
}
