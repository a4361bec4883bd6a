//! What all measurements of a run share: processes, ports, logs, the relay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::interop::run::HOST;
use crate::peer::Peer;
use crate::peer::Role;
use crate::peer::certificates;
use crate::peer::command::Values;
use crate::process::ports::Ports;
use crate::process::stop::Stop;
use crate::process::{Children, Launch};

use super::contestant::Contestant;
use super::h2load;
use super::relay::{self, Relay, Relaying};

/// The core of a server that has one of its own, and that of its client.
const CORES: [usize; 2] = [0, 1];

/// The programs, ports and folders of a run.
pub struct Testbed {
    /// All processes that are alive.
    pub children: Children,
    /// The ports for servers.
    pub ports: Ports,
    /// The folder for logs.
    pub logs: PathBuf,
    /// Whether the run goes on.
    pub stop: Stop,
    /// How long a sample is, if its workload doesn't say otherwise.
    pub seconds: f64,
    /// What delays the way, if it could be built.
    pub relay: Result<Relay, String>,
}

impl Testbed {
    /// The values for a worker's command.
    pub fn values(&self, peer: &Peer, port: u16) -> Values {
        let certificate = |name| certificates::path(&self.logs, name).display().to_string();
        peer.values()
            .with("host", HOST)
            .with("port", port)
            .with("ca", certificate(certificates::CA))
            .with("cert", certificate(certificates::CERTIFICATE))
            .with("key", certificate(certificates::KEY))
    }

    /// A command on the core of its role, or as it is.
    pub fn on_core(role: Role, is_pinned: bool, command: Vec<String>) -> Vec<String> {
        if !is_pinned {
            return command;
        }
        let core = CORES[usize::from(role == Role::Client)].to_string();
        ["taskset", "-c", &core].map(String::from).into_iter().chain(command).collect()
    }

    /// A log of a contestant's program.
    pub fn log(&self, contestant: &Contestant, what: &str) -> PathBuf {
        self.logs.join(format!("{}.{what}.log", contestant.name))
    }

    /// Runs a tool to its end, and hands back what it printed.
    pub fn tool(&self, command: &[String], log: &Path, limit: Duration) -> Result<String, String> {
        let output = log.with_extension("out");
        let folder = Path::new(".");
        let launch = Launch { command, folder, stdout: &output, stderr: log };
        crate::peer::prepare::to_its_end(&launch, &self.children, limit)
    }

    /// Starts the relay in front of a port, with a delay in milliseconds each way.
    pub fn relay(&self, port: u16, delay: u32) -> Result<Relaying, String> {
        let relay = self.relay.as_ref().map_err(String::clone)?;
        relay.start(&self.children, &self.ports, (port, delay), &self.logs.join("relay.log"))
    }

    /// The versions of the tools that samples are taken with.
    pub fn tools(&self) -> BTreeMap<String, String> {
        let tools = [h2load::PROGRAM, "valgrind"].map(|it| (it.into(), version(it)));
        let relay = self.relay.iter().map(|it| (relay::NAME.into(), it.version.clone()));
        tools.into_iter().chain(relay).collect()
    }

    /// How long a sample of a task is.
    pub fn length(&self, seconds: Option<f64>) -> Duration {
        Duration::from_secs_f64(seconds.unwrap_or(1.0) * self.seconds)
    }
}

/// The first line that a tool prints of itself, or that it is missing.
fn version(tool: &str) -> String {
    let output = Command::new(tool).arg("--version").output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
    let line = text.unwrap_or_default().lines().next().map(str::to_owned);
    line.unwrap_or_else(|| "not found".into())
}
