//! Making a peer ready: what it needs, its build, and the version, which is the receipt.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Peer;
use crate::process::{Children, Ending, Launch, log_tail};
use crate::work;

/// The longest that a build may take.
const BUILD: Duration = Duration::from_secs(30 * 60);

/// The longest that a version command may take.
const VERSION: Duration = Duration::from_secs(60);

/// A peer with its version; or without one, and why.
pub struct Prepared {
    /// The peer.
    pub peer: Peer,
    /// The stack's version. Without it the peer can't be run.
    pub version: Result<String, NoRun>,
}

/// Why a peer can't be run.
#[derive(Clone, Debug, PartialEq)]
pub enum NoRun {
    /// The machine lacks something.
    Missing(String),
    /// The peer is broken.
    Broken(String),
}

impl NoRun {
    /// The reason in one line.
    pub fn reason(&self) -> &str {
        match self {
            Self::Missing(reason) | Self::Broken(reason) => reason,
        }
    }
}

/// Prepares all of them, some at once, and reports each as soon as it is done.
///
/// Variants of one folder are built one after the other: they may share what they build.
pub fn all(
    peers: Vec<Peer>,
    jobs: usize,
    children: &Children,
    logs: &Path,
    mut done: impl FnMut(&Prepared),
) -> Vec<Prepared> {
    let mut families = BTreeMap::<String, Vec<Peer>>::new();
    for peer in peers {
        families.entry(peer.family().into()).or_default().push(peer);
    }
    let families = families.into_values().collect();
    let mut prepared = Vec::new();
    work::share(
        families,
        jobs,
        |family, report| {
            for peer in family {
                let version = version(&peer, children, logs);
                report(Prepared { peer, version });
            }
        },
        |peer| {
            done(&peer);
            prepared.push(peer);
        },
    );
    prepared.sort_by(|a, b| a.peer.name.cmp(&b.peer.name));
    prepared
}

/// Builds the peer and asks it for its version.
fn version(peer: &Peer, children: &Children, logs: &Path) -> Result<String, NoRun> {
    if let Some(missing) = peer.manifest.needs.iter().find(|program| !is_installed(program)) {
        return Err(NoRun::Missing(format!("{missing} not found")));
    }
    let step = |name: &str, command: &super::Command, limit| {
        let command = command.fill(&peer.values());
        let log = logs.join(format!("build/{}.{name}.log", peer.name));
        run(&command, peer, children, &log, limit)
            .map_err(|reason| NoRun::Broken(format!("{name} failed: {reason}")))
    };
    if let Some(build) = &peer.manifest.build {
        step("build", build, BUILD)?;
    }
    let output = step("version", &peer.manifest.version, VERSION)?;
    match output.lines().next().map(str::trim) {
        Some(version) if !version.is_empty() => Ok(version.into()),
        _ => Err(NoRun::Broken("version failed: it printed none".into())),
    }
}

/// Runs a peer's command to its end and hands back what it wrote to standard output.
fn run(
    command: &[String],
    peer: &Peer,
    children: &Children,
    log: &Path,
    limit: Duration,
) -> Result<String, String> {
    let output = log.with_extension("out");
    let launch = Launch { command, folder: &peer.folder, stdout: &output, stderr: log };
    to_its_end(&launch, children, limit)
}

/// Runs a process to its end and hands back what it wrote to standard output.
pub fn to_its_end(
    launch: &Launch<'_>,
    children: &Children,
    limit: Duration,
) -> Result<String, String> {
    let mut process = children.start(launch)?;
    let ending = process.wait(Instant::now() + limit);
    drop(process);
    if ending.as_ref().is_some_and(Ending::is_success) {
        return fs::read_to_string(launch.stdout).map_err(|error| error.to_string());
    }
    let ending = ending.map_or_else(
        || format!("not done after {}", humantime::format_duration(limit)),
        |ending| ending.to_string(),
    );
    let log = launch.stderr;
    let why = log_tail::last_word(&[log, launch.stdout]).map(|line| format!(": {line}"));
    Err(format!("{ending}{} (log: {})", why.unwrap_or_default(), log.display()))
}

/// Whether a program is found.
pub fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
