//! A workload's file: the axes that it names, and the tasks at their points.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::point::{Name, Point, Values, spread};
use super::{Load, Pairing, Rpc, Task};
use crate::bench::figure::Figure;
use crate::bench::record;
use crate::exit::Failure;
use crate::glob;

/// The file, as it is written. An axis has a list of values, a setting one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    question: String,
    #[serde(default)]
    kind: Name,
    #[serde(default)]
    rpc: Vec<Rpc>,
    #[serde(default)]
    size: Vec<usize>,
    #[serde(default)]
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
    gzip: Option<bool>,
    messages_per_stream: Option<i32>,
    /// Header fields of a request, besides those that it needs.
    metadata: Option<usize>,
    pairs: Option<Pairing>,
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

/// The tasks of all files in a folder, in the order of the files' names.
pub fn read(folder: &Path) -> Result<Vec<Task>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::reading(folder, error))?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    paths.sort();
    let mut tasks = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| Failure::reading(&path, error))?;
        let file: File = toml::from_str(&text).map_err(|error| Failure::reading(&path, error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // The number in front only puts the files in order.
        let name = name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('-');
        tasks.extend(file.tasks(name).map_err(|error| Failure::reading(&path, error))?);
    }
    match tasks.is_empty() {
        true => Err(Failure::reading(folder, "there is no workload in it")),
        false => Ok(tasks),
    }
}

impl File {
    fn tasks(&self, workload: &str) -> Result<Vec<Task>, String> {
        self.points(workload).into_iter().map(|point| self.task(workload, point)).collect()
    }

    fn points(&self, workload: &str) -> Vec<Point> {
        let mut points = vec![self.origin(workload)];
        spread(&mut points, &self.rpc, |point, rpc| {
            point.values.rpc = Some(*rpc);
            rpc.name().into()
        });
        spread(&mut points, &self.size, |point, size| {
            point.values.size = Some(*size);
            point.put("size", *size as f64);
            bytes(*size)
        });
        spread(&mut points, &self.load, |point, load| {
            point.values.load = Some(*load);
            point.put_load(*load);
            load.to_string()
        });
        spread(&mut points, &self.idle, |point, idle| {
            point.values.idle = Some(*idle);
            point.put("idle", *idle as f64);
            idle.to_string()
        });
        spread(&mut points, &self.share, |point, share| {
            point.values.share = Some(*share);
            point.put("share", *share);
            format!("{:.0}%", share * 100.0)
        });
        spread(&mut points, &self.delay, |point, delay| {
            point.values.delay = Some(*delay);
            point.put("delay", f64::from(*delay));
            format!("{delay}ms")
        });
        spread(&mut points, &self.tls, |point, tls| {
            point.values.tls = Some(*tls);
            if *tls { "tls".into() } else { "plaintext".into() }
        });
        spread(&mut points, &self.pinned, |point, pinned| {
            point.pinned = *pinned;
            if *pinned { "pinned".into() } else { "unpinned".into() }
        });
        points
    }

    /// The point before the axes. Records name size and load of every kind.
    fn origin(&self, workload: &str) -> Point {
        let values = Values {
            gzip: self.gzip,
            messages_per_stream: self.messages_per_stream,
            metadata: self.metadata,
            pairs: self.pairs,
            ..Values::default()
        };
        let (id, axes) = (workload.into(), BTreeMap::new());
        let mut point = Point { id, axes, pinned: false, values };
        point.put("size", 0.0);
        point.put_load(Load::default());
        point
    }

    fn task(&self, workload: &str, point: Point) -> Result<Task, String> {
        let Point { id, axes, pinned, values } = point;
        let kind = values.kind(self.kind)?;
        let figures = kind.figures();
        let figure = self.figure.unwrap_or(figures[0]);
        let case = record::Case {
            workload: workload.into(),
            question: self.question.clone(),
            scenario: self.scenario.get(&id).cloned(),
            figure,
            others: figures.iter().copied().filter(|it| *it != figure).collect(),
            pinned,
            axes,
            id,
        };
        Ok(Task {
            kind,
            defaults: self.defaults,
            rounds: self.rounds,
            seconds: self.seconds,
            is_quick: self.quick.iter().any(|pattern| glob::matches(pattern, &case.id)),
            case,
        })
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
        file.tasks("it").unwrap().into_iter().map(|task| task.case.id).collect()
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
    fn an_axis_that_its_kind_has_no_use_for_is_an_error() {
        for (text, expected) in [
            ("kind = 'start'\nsize = [1]", "a workload of this kind has no `size`"),
            ("kind = 'h2load'\nrpc = ['unary']", "a workload of this kind has no `rpc`"),
            ("metadata = 40", "a workload of this kind has no `metadata`"),
            ("kind = 'idle-streams'", "a workload of this kind needs `idle`"),
        ] {
            let file: File = toml::from_str(&format!("question = '?'\n{text}")).unwrap();
            assert_eq!(file.tasks("it").unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn a_few_idle_connections_say_nothing_about_each() {
        let text = "question = '?'\nkind = 'idle-connections'\nidle = [1, 1000]";
        let file: File = toml::from_str(text).unwrap();
        let tasks = file.tasks("it").unwrap();
        let figures = tasks.iter().map(|it| (it.case.figure, it.case.others.len()));
        let expected = [(Figure::ServerMemory, 0), (Figure::MemoryEach, 1)];
        assert_eq!(figures.collect::<Vec<_>>(), expected);
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
