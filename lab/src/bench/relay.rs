//! A relay that delays what passes it: toxiproxy, as a process that is controlled over HTTP.

use serde::Serialize;

use crate::interop::run::HOST;
use crate::interop::run::listener::Listener;
use crate::peer::Peer;
use crate::peer::command::Values;
use crate::peer::prepare::Prepared;
use crate::process::ports::Ports;
use crate::process::{Children, Launch};

/// The name of its folder, among the proxies'.
pub const NAME: &str = "toxiproxy";

/// How it is started.
pub struct Relay {
    peer: Peer,
    /// Its version.
    pub version: String,
}

/// A relay that runs, in front of one server. It ends with this.
pub struct Relaying {
    /// The address in front of it.
    pub address: String,
    _process: Listener,
}

#[derive(Serialize)]
struct Proxy<'a> {
    name: &'a str,
    listen: &'a str,
    upstream: &'a str,
    enabled: bool,
}

#[derive(Serialize)]
struct Toxic<'a> {
    r#type: &'a str,
    stream: &'a str,
    attributes: Latency,
}

#[derive(Serialize)]
struct Latency {
    latency: u32,
}

impl Relay {
    /// The one that is built.
    pub fn of(prepared: Prepared) -> Result<Self, String> {
        let version = prepared.version.map_err(|no_run| no_run.reason().to_owned())?;
        Ok(Self { peer: prepared.peer, version })
    }

    /// Starts it in front of a port, with a delay in milliseconds each way.
    pub fn start(
        &self,
        children: &Children,
        ports: &Ports,
        (upstream, delay): (u16, u32),
        log: &std::path::Path,
    ) -> Result<Relaying, String> {
        let (admin, front) = (ports.reserve()?, ports.reserve()?);
        let command = self.peer.manifest.relay.as_ref().ok_or("its folder has no [relay]")?;
        let values = Values::default().with("host", HOST).with("port", admin);
        let launch = Launch {
            command: &command.fill(&values),
            folder: &self.peer.folder,
            stdout: log,
            stderr: log,
        };
        let process = Listener::start(children, "relay", &launch, admin, None)?;
        let (listen, upstream) = (format!("{HOST}:{front}"), format!("{HOST}:{upstream}"));
        let proxy = Proxy { name: "it", listen: &listen, upstream: &upstream, enabled: true };
        post(admin, "/proxies", &proxy)?;
        let directions = ["upstream", "downstream"].into_iter().filter(|_| delay > 0);
        for stream in directions {
            let toxic = Toxic { r#type: "latency", stream, attributes: Latency { latency: delay } };
            post(admin, "/proxies/it/toxics", &toxic)?;
        }
        Ok(Relaying { address: listen, _process: process })
    }
}

fn post(admin: u16, path: &str, body: &impl Serialize) -> Result<(), String> {
    let answer = ureq::post(format!("http://{HOST}:{admin}{path}")).send_json(body);
    answer.map(drop).map_err(|error| format!("{NAME}: {path}: {error}"))
}
