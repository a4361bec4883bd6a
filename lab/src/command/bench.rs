//! `lab bench`: measures contestants over workloads, here or by workers that run already.

use std::time::{Instant, SystemTime};

use clap::ColorChoice;

use crate::bench::contestant::{self, Contestant};
use crate::bench::record::Record;
use crate::bench::relay::{self, Relay};
use crate::bench::testbed::Testbed;
use crate::bench::workload::{self, Task};
use crate::bench::{Remote, Run};
use crate::cli::Bench;
use crate::exit::{Exit, Failure};
use crate::peer::certificates;
use crate::peer::{self, Peer};
use crate::process::ports::Ports;
use crate::progress::Progress;
use crate::report::{self, AnyRecord};

/// The rounds of a quick run, and the length of its samples.
const QUICK: (usize, f64) = (3, 0.4);

pub fn run(options: &Bench, color: ColorChoice) -> Result<Exit, Failure> {
    let (began, started) = (Instant::now(), SystemTime::now());
    report::check_of_bench(&options.outputs.output)?;
    let tasks = workload::read(&options.workloads)?;
    let tasks = workload::choose(tasks, &options.case, options.quick)?;
    let peers = super::find_peers(&options.preparing)?;
    let progress = Progress::new(options.preparing.progress, color);
    let mut testbed = testbed(options, started)?;
    let rounds = if options.quick { QUICK.0 } else { options.rounds };
    let record = match &options.workers[..] {
        [] => {
            let contestants = contestants(options, peers, &testbed, &progress)?;
            if tasks.iter().any(Task::needs_relay) {
                testbed.relay = relay(options, &testbed, &progress);
            }
            let described = contestant::described(&contestants, &tasks);
            let record = Record::new(super::command_line(), started, &options.reference, described)
                .with(testbed.tools(), &tasks);
            let run = Run { testbed: &testbed, progress: &progress, rounds, began, record };
            run.here(&tasks, &contestants)?
        }
        workers => {
            let remote = Remote::of(workers)
                .map_err(|error| Failure::usage(format!("QPS_WORKERS: {error}")))?;
            let tasks: Vec<_> =
                tasks.into_iter().filter(|it| Remote::calls(it).is_some()).collect();
            let record =
                Record::new(super::command_line(), started, remote.server(), remote.contestants())
                    .with(testbed.tools(), &tasks);
            let run = Run { testbed: &testbed, progress: &progress, rounds, began, record };
            run.there(&tasks, &remote)?
        }
    };
    report::write(&AnyRecord::Bench(Box::new(record)), &options.outputs.output, color)
}

fn testbed(options: &Bench, started: SystemTime) -> Result<Testbed, Failure> {
    let logs = super::log_folder(&options.preparing, started)?;
    let (children, stop) = super::processes()?;
    certificates::write(&logs).map_err(Failure::environment)?;
    Ok(Testbed {
        children,
        ports: Ports::new(),
        logs,
        stop,
        seconds: if options.quick { QUICK.1 } else { options.seconds },
        relay: Err("the relay was not built".into()),
    })
}

/// The contestants that the flags choose, built.
fn contestants(
    options: &Bench,
    peers: Vec<Peer>,
    testbed: &Testbed,
    progress: &Progress,
) -> Result<Vec<Contestant>, Failure> {
    let Bench { preparing, contestant, reference, aa, .. } = options;
    contestant::check(&peers, contestant)?;
    let patterns = match aa {
        true => vec![reference.clone()],
        false if contestant.is_empty() => Vec::new(),
        false => [contestant.clone(), vec![reference.clone()]].concat(),
    };
    let is_involved = |peer: &Peer| contestant::is_involved(peer, &patterns);
    let involved = peers.into_iter().filter(is_involved).collect();
    let prepared = super::prepare(involved, preparing, &testbed.children, &testbed.logs, progress);
    for it in prepared.iter().filter(|it| preparing.require.contains(&it.peer.name)) {
        if let Err(no_run) = &it.version {
            let (name, reason) = (&it.peer.name, no_run.reason());
            return Err(Failure::environment(format!("--require {name}: {reason}")));
        }
    }
    contestant::choose(&prepared, &patterns, reference)
}

/// The relay, built.
fn relay(options: &Bench, testbed: &Testbed, progress: &Progress) -> Result<Relay, String> {
    let found = peer::proxies(&options.proxies, "--proxies", &[relay::NAME].into());
    let found = found.map_err(|failure| failure.to_string())?;
    let (children, logs) = (&testbed.children, &testbed.logs);
    let mut prepared = super::prepare(found, &options.preparing, children, logs, progress);
    prepared.pop().ok_or_else(|| "there is none".to_owned()).and_then(Relay::of)
}
