//! `lab run`

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Instant, SystemTime};

use clap::ColorChoice;

use super::quote;
use crate::cli::{DIRECT, Run};
use crate::exit::{Exit, Failure};
use crate::interop::case::{Case, Suite};
use crate::interop::plan::{self, Axes, Group, Pairs};
use crate::interop::record::{self, Cell, Record, SCHEMA};
use crate::interop::run::{Honesty, Lab};
use crate::machine::Machine;
use crate::peer::Role;
use crate::peer::certificates;
use crate::peer::prepare::Prepared;
use crate::peer::{self, Peer, raw};
use crate::process::ports::Ports;
use crate::progress::Progress;
use crate::report::{self, AnyRecord};

pub fn run(options: &Run, color: ColorChoice) -> Result<Exit, Failure> {
    let (began, started) = (Instant::now(), SystemTime::now());
    report::check_of_run(&options.outputs.output)?;
    let preparing = &options.preparing;
    let mut peers = super::find_peers(preparing)?;
    peers.retain(|peer| peer.manifest.has_suites());
    let cases = plan::cases(options)?;
    let pairs = plan::pairs(&peers, options)?;
    let proxies = options.through.iter().map(String::as_str).filter(|name| *name != DIRECT);
    let proxies = peer::proxies(&options.proxies, "--through", &proxies.collect::<BTreeSet<_>>())?;
    let errors = mistakes(&peers, &proxies, &pairs, &cases);

    let logs = super::log_folder(preparing, started)?;
    let (children, stop) = super::processes()?;
    let progress = Progress::new(preparing.progress, color);
    let involved = involved(peers, &pairs, &preparing.require);
    let mut prepared = super::prepare(involved, preparing, &children, &logs, &progress);
    if cases.iter().any(|(suite, cases)| *suite == Suite::Http2 && !cases.is_empty()) {
        prepared.push(raw::prepared());
    }
    let proxies = super::prepare(proxies, preparing, &children, &logs, &progress);

    let axes = Axes {
        peers: &prepared,
        through: through(options, &proxies),
        transports: options.tls.all(),
    };
    let groups = plan::groups(&axes, &pairs, &cases);
    if groups.is_empty() {
        return Err(Failure::usage("no case matches these filters"));
    }
    certificates::write(&logs).map_err(Failure::environment)?;
    let lab = Lab {
        children,
        ports: Ports::new(),
        logs: logs.clone(),
        limit: options.timeout,
        repeat: options.repeat,
        retries: options.retries,
        stop,
        folders: folders(options),
        honesty: Honesty::of_clients(&groups),
    };
    let cells = run_cells(&lab, groups, options, &progress);

    let record = Record {
        schema: SCHEMA,
        lab: env!("CARGO_PKG_VERSION").into(),
        command: super::command_line(),
        started: humantime::format_rfc3339_seconds(started).to_string(),
        seconds: began.elapsed().as_secs_f64().round(),
        machine: Machine::here(),
        interrupted: lab.stop.is_interrupted(),
        peers: taking_part(&prepared, &proxies, &preparing.require),
        cells,
        errors,
    };
    report::keep(&record.json(), &logs)?;
    report::write(&AnyRecord::Run(Box::new(record)), &options.outputs.output, color)
}

/// The peers that the run needs: those of the pairs, and those that must be there in any case.
fn involved(peers: Vec<Peer>, pairs: &Pairs, required: &[String]) -> Vec<Peer> {
    let mut names: BTreeSet<_> = pairs.iter().flat_map(|(a, b)| [a, b]).collect();
    names.extend(required);
    peers.into_iter().filter(|peer| names.contains(&peer.name)).collect()
}

/// The proxies, and none for the way without one.
fn through<'a>(options: &Run, proxies: &'a [Prepared]) -> Vec<Option<&'a Prepared>> {
    let direct = options.through.iter().any(|name| name == DIRECT).then_some(None);
    direct.into_iter().chain(proxies.iter().map(Some)).collect()
}

fn run_cells(lab: &Lab, groups: Vec<Group<'_>>, options: &Run, progress: &Progress) -> Vec<Cell> {
    let mut cells = Vec::new();
    progress.begin(groups.iter().map(|group| group.cases.len()).sum());
    lab.run(groups, options.preparing.jobs, |cell| {
        if options.fail_fast && cell.standing().is_error() {
            lab.stop.at_failure();
        }
        progress.done(&cell);
        cells.push(cell);
    });
    progress.end();
    record::sort(&mut cells);
    cells
}

/// Lines of known-failing lists that can't be right, among those that this run is about.
fn mistakes(
    peers: &[Peer],
    proxies: &[Peer],
    pairs: &Pairs,
    cases: &[(Suite, Vec<&'static Case>)],
) -> Vec<String> {
    let names: Vec<_> =
        peers.iter().map(|peer| (peer.name.as_str(), peer.variant.as_deref())).collect();
    let peers_as = |role: Role| -> Vec<&String> {
        match role {
            Role::Client => pairs.iter().map(|(client, _)| client).collect(),
            Role::Server => pairs.iter().map(|(_, server)| server).collect(),
            Role::Proxy => proxies.iter().map(|proxy| &proxy.name).collect(),
        }
    };
    let mistakes: BTreeSet<_> = peers
        .iter()
        .chain(proxies)
        .flat_map(|peer| &peer.known_failing)
        .filter(|line| {
            cases.iter().any(|(suite, _)| {
                Role::ALL.iter().any(|role| {
                    peers_as(*role).iter().any(|peer| line.is_about(*suite, *role, peer))
                })
            })
        })
        .filter_map(|line| Some(format!("{}: {}", line.place(), line.mistake(&names)?)))
        .collect();
    mistakes.into_iter().collect()
}

/// What a command has to say to find the same peers.
fn folders(options: &Run) -> String {
    let folders = &options.preparing.folders;
    let mut flags = String::new();
    if options.proxies != Path::new("proxies") {
        flags += &format!(" --proxies {}", quote(&options.proxies.to_string_lossy()));
    }
    if folders.peers != Path::new("peers") {
        flags += &format!(" --peers {}", quote(&folders.peers.to_string_lossy()));
    }
    for folder in &folders.peer_dir {
        flags += &format!(" --peer-dir {}", quote(&folder.to_string_lossy()));
    }
    flags
}

/// A proxy was asked for by name: it must be there.
fn taking_part(peers: &[Prepared], proxies: &[Prepared], required: &[String]) -> Vec<record::Peer> {
    let peers = peers.iter().map(|it| peer(it, required.contains(&it.peer.name)));
    peers.chain(proxies.iter().map(|it| peer(it, true))).collect()
}

fn peer(it: &Prepared, required: bool) -> record::Peer {
    let manifest = &it.peer.manifest;
    record::Peer {
        name: it.peer.name.clone(),
        stack: manifest.stack.clone(),
        language: manifest.language.clone(),
        homepage: manifest.homepage.clone(),
        version: it.version.as_ref().ok().cloned(),
        no_run: it.version.as_ref().err().map(|no_run| no_run.reason().into()),
        required,
    }
}
