//! A workload's file: the axes that it names, and the tasks at their points.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::{Kind, Load, Pairing, Rpc, Task};
use crate::bench::figure::Figure;
use crate::bench::idle::ENOUGH;
use crate::bench::record;
use crate::exit::Failure;
use crate::glob;

/// The file, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    question: String,
    #[serde(default)]
    kind: Kind,
    #[serde(default = "unary")]
    rpc: Vec<Rpc>,
    #[serde(default = "nothing")]
    size: Vec<usize>,
    #[serde(default = "one")]
    load: Vec<Load>,
    /// How many connections or streams are idle.
    #[serde(default)]
    idle: Vec<usize>,
    /// Of the reference's highest rate: the open loop.
    #[serde(default)]
    share: Vec<f64>,
    /// Of the way through the relay, in milliseconds each way.
    #[serde(default)]
    delay: Vec<u32>,
    #[serde(default)]
    tls: Vec<bool>,
    #[serde(default)]
    pinned: Vec<bool>,
    #[serde(default)]
    gzip: bool,
    #[serde(default)]
    messages_per_stream: i32,
    /// Header fields of a request, besides those that it needs.
    #[serde(default)]
    metadata: usize,
    #[serde(default)]
    pairs: Pairing,
    /// Whether contestants with their defaults take part.
    #[serde(default)]
    defaults: bool,
    figure: Option<Figure>,
    rounds: Option<usize>,
    seconds: Option<f64>,
    /// The cases of `--quick`.
    #[serde(default)]
    quick: Vec<String>,
    /// gRPC's own name of a case.
    #[serde(default)]
    scenario: BTreeMap<String, String>,
}

fn unary() -> Vec<Rpc> {
    vec![Rpc::Unary]
}

fn nothing() -> Vec<usize> {
    vec![0]
}

fn one() -> Vec<Load> {
    vec![Load { in_flight: 1, connections: 1 }]
}

/// The tasks of all files in a folder, in the order of the files' names.
pub fn read(folder: &Path) -> Result<Vec<Task>, Failure> {
    let trouble = |path: &Path, what: &dyn fmt::Display| {
        Failure::usage(format!("{}: {what}", path.display()))
    };
    let entries = fs::read_dir(folder).map_err(|error| trouble(folder, &error))?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    paths.sort();
    let mut tasks = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| trouble(&path, &error))?;
        let file: File = toml::from_str(&text).map_err(|error| trouble(&path, &error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // The number in front only puts the files in order.
        let name = name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('-');
        tasks.extend(file.tasks(name));
    }
    match tasks.is_empty() {
        true => Err(trouble(folder, &"there is no workload in it")),
        false => Ok(tasks),
    }
}

impl File {
    fn tasks(&self, workload: &str) -> Vec<Task> {
        let mut tasks = vec![self.task(workload)];
        spread(&mut tasks, &self.rpc, |task, rpc| {
            task.rpc = *rpc;
            rpc.name().into()
        });
        spread(&mut tasks, &self.size, |task, size| {
            task.size = *size;
            task.put("size", *size as f64);
            bytes(*size)
        });
        spread(&mut tasks, &self.load, |task, load| {
            task.load = *load;
            task.put("in-flight", load.in_flight as f64);
            task.put("connections", load.connections as f64);
            load.to_string()
        });
        spread(&mut tasks, &self.idle, |task, idle| {
            task.idle = *idle;
            task.put("idle", *idle as f64);
            if *idle < ENOUGH {
                task.case.figure = Figure::ServerMemory;
            }
            idle.to_string()
        });
        spread(&mut tasks, &self.share, |task, share| {
            task.share = Some(*share);
            task.put("share", *share);
            format!("{:.0}%", share * 100.0)
        });
        spread(&mut tasks, &self.delay, |task, delay| {
            task.delay = Some(*delay);
            task.put("delay", f64::from(*delay));
            format!("{delay}ms")
        });
        spread(&mut tasks, &self.tls, |task, tls| {
            task.tls = *tls;
            if *tls { "tls".into() } else { "plaintext".into() }
        });
        spread(&mut tasks, &self.pinned, |task, pinned| {
            task.case.pinned = *pinned;
            if *pinned { "pinned".into() } else { "unpinned".into() }
        });
        for task in &mut tasks {
            let id = &task.case.id;
            task.is_quick = self.quick.iter().any(|pattern| glob::matches(pattern, id));
            task.case.scenario = self.scenario.get(id).cloned();
        }
        tasks
    }

    /// The task before the axes.
    fn task(&self, workload: &str) -> Task {
        let figure = self.figure.unwrap_or(self.kind.figure());
        let others = self.kind.figures().iter().copied().filter(|it| *it != figure).collect();
        let case = record::Case {
            id: workload.into(),
            workload: workload.into(),
            question: self.question.clone(),
            scenario: None,
            figure,
            others,
            pinned: false,
            axes: BTreeMap::new(),
        };
        Task {
            case,
            kind: self.kind,
            rpc: Rpc::Unary,
            size: 0,
            load: one()[0],
            idle: 0,
            share: None,
            delay: None,
            tls: false,
            gzip: self.gzip,
            messages_per_stream: self.messages_per_stream,
            metadata: self.metadata,
            pairing: self.pairs,
            defaults: self.defaults,
            rounds: self.rounds,
            seconds: self.seconds,
            is_quick: false,
        }
    }
}

/// Every task at every value of an axis, which adds to its id where there are several. An axis
/// without values changes nothing.
fn spread<T>(tasks: &mut Vec<Task>, values: &[T], set: impl Fn(&mut Task, &T) -> String) {
    let at_value = |task: &Task, value: &T| {
        let mut task = task.clone();
        let name = set(&mut task, value);
        if values.len() > 1 {
            task.case.id += &format!("/{name}");
        }
        task
    };
    if !values.is_empty() {
        let points = tasks.iter().flat_map(|task| values.iter().map(|it| at_value(task, it)));
        *tasks = points.collect();
    }
}

impl Task {
    fn put(&mut self, axis: &str, value: f64) {
        self.case.axes.insert(axis.into(), value);
    }
}

/// `0B`, `10B`, `64KiB`.
fn bytes(size: usize) -> String {
    match size {
        0 => "0B".into(),
        size if size % (1 << 20) == 0 => format!("{}MiB", size >> 20),
        size if size % (1 << 10) == 0 => format!("{}KiB", size >> 10),
        size => format!("{size}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        let file: File = toml::from_str(text).unwrap();
        file.tasks("it").into_iter().map(|task| task.case.id).collect()
    }

    #[test]
    fn every_point_of_the_axes_is_a_case() {
        let text = "question = '?'\nsize = [0, 1024]\nload = ['1x1', '100x4']";
        assert_eq!(ids(text), ["it/0B/1x1", "it/0B/100x4", "it/1KiB/1x1", "it/1KiB/100x4"]);
        let text = "question = '?'\nrpc = ['server', 'both']\nsize = [1048576]\nshare = [0.25]";
        assert_eq!(ids(text), ["it/server", "it/both"], "what doesn't vary is no part of a name");
        let text = "question = '?'\nkind = 'idle-streams'\nidle = [1, 1000]";
        assert_eq!(ids(text), ["it/1", "it/1000"]);
    }

    #[test]
    fn the_labs_own_workloads_can_be_read() {
        let tasks = read(Path::new("workloads")).unwrap();
        let mut ids: Vec<_> = tasks.iter().map(|task| task.case.id.as_str()).collect();
        ids.sort_unstable();
        assert!(ids.array_windows().all(|[a, b]| a != b), "a case twice: {ids:?}");
        assert!(tasks.iter().any(|task| task.is_quick));
    }
}
