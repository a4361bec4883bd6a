//! Running cells.

mod client;
mod honesty;
pub mod listener;
mod server;
mod session;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::interop::case::{Case, Suite, Transport};
use crate::interop::known::{KnownFailing, Pair};
use crate::interop::plan::Group;
use crate::interop::record::{Cell, Evidence, Known};
use crate::interop::verdict::Verdict;
use crate::peer::Peer;
use crate::peer::certificates;
use crate::peer::command::Values;
use crate::process::Children;
use crate::process::ports::Ports;
use crate::process::stop::Stop;
use crate::work;
pub use honesty::Honesty;
use session::{Attempt, Session};

/// The address that servers listen on.
pub const HOST: &str = "127.0.0.1";

/// What every cell of a run needs.
pub struct Lab {
    /// The processes.
    pub children: Children,
    /// Ports for servers.
    pub ports: Ports,
    /// The folder for logs, absolute.
    pub logs: PathBuf,
    /// The time limit, if it is not each case's own.
    pub limit: Option<Duration>,
    /// How often each cell is run.
    pub repeat: usize,
    /// How often a cell that fails is tried once more.
    pub retries: usize,
    /// Whether to go on.
    pub stop: Stop,
    /// What the command that runs a cell again has to say about where peers are.
    pub folders: String,
    /// What is known of the clients' honesty.
    pub honesty: Honesty,
}

impl Lab {
    /// Runs all groups, some at once, and reports each cell when it is done.
    pub fn run(&self, groups: Vec<Group<'_>>, jobs: usize, done: impl FnMut(Cell)) {
        work::share(groups, jobs, |group, report| self.run_group(&group, report), done);
    }

    fn run_group(&self, group: &Group<'_>, report: &dyn Fn(Cell)) {
        let obstacle = group.obstacle();
        let mut session = Session::new(self, group);
        for case in &group.cases {
            let cell = self.cell(group, case);
            report(match &obstacle {
                Some(verdict) => Cell { verdict: verdict.clone(), ..cell },
                None => self.fill(cell, &mut session, case),
            });
        }
    }

    /// Runs the attempts of a cell, as long as the lab goes on.
    fn fill(&self, cell: Cell, session: &mut Session<'_>, case: &'static Case) -> Cell {
        let folder = session.folder(case);
        let mut attempts = Vec::new();
        for number in 1..=self.repeat + self.retries {
            let again = number > self.repeat;
            if self.stop.reason().is_some() || again && !deserves_a_retry(&cell, &attempts) {
                break;
            }
            let attempt = session.attempt(case, &attempt_folder(&folder, number));
            // What a signal broke off says nothing about the peers.
            if !self.stop.is_interrupted() {
                attempts.push(attempt);
            }
        }
        let Some(decisive) =
            attempts.iter().find(|attempt| attempt.verdict != Verdict::Pass).or(attempts.first())
        else {
            let reason = self.stop.reason().unwrap_or("not run").to_owned();
            return Cell { verdict: Verdict::NoRun(reason), ..cell };
        };
        let shows = matches!(decisive.verdict, Verdict::Fail(_));
        let (evidence, logs) = (shows.then(|| decisive.evidence()), decisive.folder.clone());
        let verdicts: Vec<_> = attempts.iter().map(|attempt| attempt.verdict.clone()).collect();
        Cell {
            attempts: attempts.len(),
            passed: verdicts.iter().filter(|verdict| **verdict == Verdict::Pass).count(),
            seconds: in_milliseconds(attempts.iter().map(|attempt| attempt.duration).sum()),
            verdict: match verdicts.last() {
                Some(Verdict::Pass) if verdicts.len() > self.repeat => Verdict::Pass,
                _ => Verdict::of_attempts(verdicts),
            },
            logs: Some(from_here(&logs)),
            evidence,
            ..cell
        }
    }

    /// The cell, before anything is known of it.
    fn cell(&self, group: &Group<'_>, case: &Case) -> Cell {
        let (client, server) = (&group.client.peer, &group.server.peer);
        Cell {
            suite: group.suite,
            transport: group.transport,
            client: client.name.clone(),
            server: server.name.clone(),
            proxy: group.proxy_name().map(Into::into),
            case: case.name.into(),
            verdict: Verdict::NoRun("not run".into()),
            known: known(group, case).map(|line| Known {
                place: line.place(),
                reason: line.reason.clone(),
                at_times: line.at_times,
            }),
            attempts: 0,
            passed: 0,
            seconds: 0.0,
            command: self.command(group, case),
            logs: None,
            evidence: None,
        }
    }

    fn command(&self, group: &Group<'_>, case: &Case) -> String {
        let (client, server) = (&group.client.peer.name, &group.server.peer.name);
        let tls = if group.transport == Transport::Tls { " --tls tls" } else { "" };
        let through = group.proxy_name().map(|it| format!(" --through {it}")).unwrap_or_default();
        let Self { folders, .. } = self;
        let Group { suite, .. } = group;
        let pair = match suite {
            Suite::Chat | Suite::Interop => format!("--pair {client}:{server}"),
            Suite::Http2 => format!("--peer {client}"),
        };
        format!("lab run --suite {suite}{tls}{through} {pair} --case {}{folders}", case.name)
    }

    /// The values of the placeholders that both sides of a pair share.
    fn values(&self, peer: &Peer, transport: Transport, port: u16) -> Values {
        let certificate = |name| certificates::path(&self.logs, name).display().to_string();
        let tls = transport == Transport::Tls;
        peer.values()
            .with("host", HOST)
            .with("port", port)
            .with("tls", tls)
            .with("authority", if tls { certificates::AUTHORITY } else { HOST })
            .with("ca", certificate(certificates::CA))
            .with("cert", certificate(certificates::CERTIFICATE))
            .with("key", certificate(certificates::KEY))
    }
}

impl Evidence {
    /// As many lines of a log as are kept in the record.
    const LINES: usize = 50;
}

fn known<'a>(group: &'a Group<'_>, case: &Case) -> Option<&'a KnownFailing> {
    let (client, server) = (&group.client.peer, &group.server.peer);
    let pair = Pair {
        client: &client.name,
        server: &server.name,
        client_variant: client.variant.as_deref(),
        server_variant: server.variant.as_deref(),
        proxy: group.proxy_name(),
    };
    let proxy = group.proxy.iter().flat_map(|proxy| &proxy.peer.known_failing);
    let mut lines = client.known_failing.iter().chain(&server.known_failing).chain(proxy);
    lines.find(|line| line.covers(group.suite, case.name, &pair))
}

/// Whether the last attempt failed, and nobody knows why.
fn deserves_a_retry(cell: &Cell, attempts: &[Attempt]) -> bool {
    let failed = |attempt: &Attempt| matches!(attempt.verdict, Verdict::Fail(_));
    cell.known.is_none() && attempts.last().is_some_and(failed)
}

/// A path as short as it can be, for records that are kept.
fn from_here(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

fn attempt_folder(cell: &Path, number: usize) -> PathBuf {
    if number == 1 { cell.into() } else { cell.join(format!("again-{number}")) }
}

fn in_milliseconds(duration: Duration) -> f64 {
    duration.as_millis() as f64 / 1e3
}
