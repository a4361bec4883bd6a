//! `lab bench`

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use clap::ColorChoice;

use crate::bench::contestant::{self, Contestant};
use crate::bench::record::{Machine, Record, RecordKind, SCHEMA, Sample};
use crate::bench::relay::{self, Relay};
use crate::bench::testbed::Testbed;
use crate::bench::workload::{self, Task};
use crate::bench::{self, H2LOAD, Remote};
use crate::cli::Bench;
use crate::exit::{Exit, Failure};
use crate::glob;
use crate::peer::certificates;
use crate::peer::{self, Peer};
use crate::process::Children;
use crate::process::ports::Ports;
use crate::process::stop::Stop;
use crate::progress::Progress;
use crate::report::{self, AnyRecord};

/// The lengths of a quick run.
const QUICK: (usize, f64) = (3, 0.4);

pub fn run(options: &Bench, color: ColorChoice) -> Result<Exit, Failure> {
    let started = SystemTime::now();
    report::check_of_bench(&options.outputs.output)?;
    let tasks = tasks(options)?;
    let run = Run::new(options, started, color)?;
    let record = match &options.workers[..] {
        [] => run.here(&tasks)?,
        workers => run.there(
            &tasks,
            &Remote::of(workers)
                .map_err(|error| Failure::usage(format!("QPS_WORKERS: {error}")))?,
        )?,
    };
    report::write(&AnyRecord::Bench(Box::new(record)), &options.outputs.output, color)
}

/// The tasks that the flags choose.
fn tasks(options: &Bench) -> Result<Vec<Task>, Failure> {
    let tasks = workload::read(&options.workloads)?;
    let is_chosen = |task: &Task| {
        let patterns = &options.case;
        let by_name = patterns
            .iter()
            .any(|pattern| glob::matches(pattern, &task.case.id) || *pattern == task.case.workload);
        if patterns.is_empty() { !options.quick || task.is_quick } else { by_name }
    };
    let ids: Vec<_> = tasks.iter().map(|task| task.case.workload.clone()).collect();
    let chosen: Vec<_> = tasks.into_iter().filter(is_chosen).collect();
    if chosen.is_empty() {
        let mut names = ids;
        names.dedup();
        let (flag, names) = (options.case.join(" "), names.join(", "));
        return Err(Failure::usage(format!("--case {flag}: no case of {names} matches")));
    }
    Ok(chosen)
}

/// A run, and what it has found out so far.
struct Run<'a> {
    options: &'a Bench,
    began: Instant,
    started: SystemTime,
    progress: Progress,
    testbed: Testbed,
    peers: Vec<Peer>,
    rounds: usize,
}

impl<'a> Run<'a> {
    fn new(options: &'a Bench, started: SystemTime, color: ColorChoice) -> Result<Self, Failure> {
        let preparing = &options.preparing;
        let peers = super::find_peers(preparing)?;
        let logs = super::log_folder(preparing, started)?;
        let (children, stop) = (Children::guarded().map_err(environment)?, Stop::default());
        stop.at_signals(&children).map_err(environment)?;
        certificates::write(&logs).map_err(environment)?;
        let (rounds, seconds) =
            if options.quick { QUICK } else { (options.rounds, options.seconds) };
        let relay = Err("the relay was not built".into());
        let testbed = Testbed { children, ports: Ports::new(), logs, stop, seconds, relay };
        let progress = Progress::new(preparing.progress, color);
        Ok(Self { options, began: Instant::now(), started, progress, testbed, peers, rounds })
    }

    /// Measures contestants on this machine.
    fn here(mut self, tasks: &[Task]) -> Result<Record, Failure> {
        let contestants = self.contestants()?;
        if tasks.iter().any(|task| task.kind.calls().is_some_and(|calls| calls.delay.is_some())) {
            self.testbed.relay = self.relay();
        }
        let mut record = self.record(tasks, &contestants);
        let expected =
            |task: &Task| bench::expected(&self.testbed, task, &contestants, self.rounds);
        let (samples, time) = tasks
            .iter()
            .map(expected)
            .fold((0, Duration::ZERO), |(samples, time), (more, longer)| {
                (samples + more, time + longer)
            });
        self.progress.say(&format!(
            "{} cases, {samples} samples, about {} minutes",
            tasks.len(),
            time.as_secs().div_ceil(60)
        ));
        self.progress.begin(samples);
        for task in tasks {
            bench::run(&self.testbed, task, &contestants, self.rounds, |sample| {
                self.progress.measured(&sample, task.case.figure);
                record.samples.push(sample);
            });
            self.keep(&mut record)?;
            if self.testbed.stop.is_interrupted() {
                break;
            }
        }
        self.progress.end();
        Ok(record)
    }

    /// Measures two workers on other machines.
    fn there(self, tasks: &[Task], remote: &Remote) -> Result<Record, Failure> {
        let can = |task: &&Task| Remote::calls(task).is_some();
        let tasks: Vec<_> = tasks.iter().filter(can).cloned().collect();
        let mut record = self.record(&tasks, &[]);
        record.contestants = remote.contestants();
        record.reference.clone_from(&record.contestants[0].name);
        self.progress.begin(tasks.len() * self.rounds);
        for (task, calls) in tasks.iter().filter_map(|task| Some((task, Remote::calls(task)?))) {
            for round in 1..=self.rounds {
                let sample = remote.sample(&self.testbed, task, calls, round);
                if self.testbed.stop.is_interrupted() {
                    break;
                }
                self.progress.measured(&sample, task.case.figure);
                record.samples.push(sample);
            }
            self.keep(&mut record)?;
        }
        self.progress.end();
        Ok(record)
    }

    /// The contestants, built.
    fn contestants(&self) -> Result<Vec<Contestant>, Failure> {
        let (options, reference) = (self.options, &self.options.reference);
        let names = contestant::names(&self.peers);
        for pattern in &options.contestant {
            if !names.iter().any(|name| glob::matches(pattern, name)) {
                let names = names.join(", ");
                return Err(Failure::usage(format!(
                    "--contestant {pattern}: no contestant matches; there are {names}"
                )));
            }
        }
        let patterns = match options.aa {
            true => vec![reference.clone()],
            false if options.contestant.is_empty() => Vec::new(),
            false => [options.contestant.clone(), vec![reference.clone()]].concat(),
        };
        let is_involved = |peer: &Peer| contestant::is_involved(peer, &patterns);
        let involved = self.peers.iter().filter(|peer| is_involved(peer)).cloned().collect();
        let (children, logs) = (&self.testbed.children, &self.testbed.logs);
        let prepared = super::prepare(involved, &options.preparing, children, logs, &self.progress);
        let missing = prepared
            .iter()
            .find(|it| it.version.is_err() && options.preparing.require.contains(&it.peer.name));
        match missing {
            Some(it) => Err(Failure::environment(format!(
                "--require {}: {}",
                it.peer.name,
                it.version.as_ref().err().map_or("", |no_run| no_run.reason())
            ))),
            None => contestant::choose(&prepared, &patterns, reference),
        }
    }

    /// The relay, built.
    fn relay(&self) -> Result<Relay, String> {
        let options = self.options;
        let wanted = [relay::NAME].into();
        let found = peer::proxies(&options.proxies, "--proxies", &wanted);
        let found = found.map_err(|failure| failure.to_string())?;
        let (children, logs) = (&self.testbed.children, &self.testbed.logs);
        let mut prepared =
            super::prepare(found, &options.preparing, children, logs, &self.progress);
        prepared.pop().ok_or_else(|| "there is none".to_owned()).and_then(Relay::of)
    }

    fn record(&self, tasks: &[Task], contestants: &[Contestant]) -> Record {
        let has_turns = |it: &&Contestant| {
            let mut pairs = tasks.iter().flat_map(|task| contestant::pairs(task, contestants));
            pairs.any(|(client, server)| client.name == it.name || server.name == it.name)
        };
        let mut tools = BTreeMap::new();
        for (tool, flag) in [(H2LOAD, "--version"), ("valgrind", "--version")] {
            tools.insert(tool.to_owned(), first_line(tool, flag));
        }
        if let Ok(relay) = &self.testbed.relay {
            tools.insert(relay::NAME.into(), relay.version.clone());
        }
        Record {
            kind: RecordKind::Bench,
            schema: SCHEMA,
            lab: env!("CARGO_PKG_VERSION").into(),
            command: super::command_line(),
            started: humantime::format_rfc3339_seconds(self.started).to_string(),
            seconds: 0.0,
            machine: machine(),
            tools,
            interrupted: false,
            reference: self.options.reference.clone(),
            contestants: contestants.iter().filter(has_turns).map(Contestant::described).collect(),
            cases: tasks.iter().map(|task| task.case.clone()).collect(),
            samples: Vec::<Sample>::new(),
        }
    }

    /// Keeps what there is in the folder of the logs, whatever happens next.
    fn keep(&self, record: &mut Record) -> Result<(), Failure> {
        record.seconds = self.began.elapsed().as_secs_f64().round();
        record.interrupted = self.testbed.stop.is_interrupted();
        let path = self.testbed.logs.join("record.json");
        fs::write(&path, record.json())
            .map_err(|error| Failure::environment(format!("{}: {error}", path.display())))
    }
}

fn environment(error: io::Error) -> Failure {
    Failure::environment(error.to_string())
}

/// The first line that a tool prints, or that it is missing.
fn first_line(tool: &str, flag: &str) -> String {
    let output = Command::new(tool).arg(flag).output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
    let line = text.unwrap_or_default().lines().next().map(str::to_owned);
    line.unwrap_or_else(|| "not found".into())
}

fn machine() -> Machine {
    let read = |path: &str| fs::read_to_string(Path::new(path)).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let memory = memory.split(' ').next().and_then(|it| it.parse::<u64>().ok());
    let system = rustix::system::uname();
    Machine {
        cores: thread::available_parallelism().map_or(1, Into::into),
        processor: field(&read("/proc/cpuinfo"), "model name"),
        memory: memory.unwrap_or(0) / 1024,
        system: format!(
            "{} {}",
            system.sysname().to_string_lossy(),
            system.release().to_string_lossy()
        ),
    }
}
