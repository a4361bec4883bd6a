//! A point on a workload's axes, and the kind that takes its values.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Calls, Kind, Load, Pairing, Requests, Rpc};

/// The name of a kind.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    #[default]
    Calls,
    H2load,
    Connections,
    IdleConnections,
    IdleStreams,
    Instructions,
    Start,
    Size,
    Build,
}

/// A point on the axes, before it is a task.
#[derive(Clone)]
pub struct Point {
    /// The id of its case.
    pub id: String,
    /// Where it is on the axes.
    pub axes: BTreeMap<String, f64>,
    /// Whether server and client have a core each.
    pub pinned: bool,
    /// What is left to its kind.
    pub values: Values,
}

/// What a point's kind has to take: a value of each axis and setting that the file names, by its
/// name there.
#[derive(Clone, Default)]
pub struct Values {
    pub rpc: Option<Rpc>,
    pub size: Option<usize>,
    pub load: Option<Load>,
    pub idle: Option<usize>,
    pub share: Option<f64>,
    pub delay: Option<u32>,
    pub tls: Option<bool>,
    pub gzip: Option<bool>,
    pub messages_per_stream: Option<i32>,
    pub metadata: Option<usize>,
    pub pairs: Option<Pairing>,
}

impl Point {
    /// Notes where it is on an axis.
    pub fn put(&mut self, axis: &str, value: f64) {
        self.axes.insert(axis.into(), value);
    }

    /// Notes its load on the two axes that this has.
    pub fn put_load(&mut self, load: Load) {
        self.put("in-flight", load.in_flight as f64);
        self.put("connections", load.connections as f64);
    }
}

impl Values {
    /// The kind of this name, which has to take all of them.
    pub fn kind(mut self, name: Name) -> Result<Kind, String> {
        let kind = match name {
            Name::Calls => Kind::Calls(self.calls()),
            Name::H2load => Kind::H2load(self.requests(), self.load()),
            Name::Connections => Kind::Connections(self.requests()),
            Name::IdleConnections => Kind::IdleConnections(self.idle()?),
            Name::IdleStreams => Kind::IdleStreams(self.idle()?),
            Name::Instructions => Kind::Instructions(self.requests(), self.load()),
            Name::Start => Kind::Start,
            Name::Size => Kind::Size,
            Name::Build => Kind::Build,
        };
        match self.rest() {
            None => Ok(kind),
            Some(key) => Err(format!("a workload of this kind has no `{key}`")),
        }
    }

    fn calls(&mut self) -> Calls {
        Calls {
            rpc: self.rpc.take().unwrap_or_default(),
            size: self.size.take().unwrap_or_default(),
            load: self.load(),
            share: self.share.take(),
            delay: self.delay.take(),
            tls: self.tls.take().unwrap_or_default(),
            gzip: self.gzip.take().unwrap_or_default(),
            messages_per_stream: self.messages_per_stream.take().unwrap_or_default(),
            pairing: self.pairs.take().unwrap_or_default(),
        }
    }

    fn requests(&mut self) -> Requests {
        Requests {
            size: self.size.take().unwrap_or_default(),
            tls: self.tls.take().unwrap_or_default(),
            metadata: self.metadata.take().unwrap_or_default(),
        }
    }

    fn load(&mut self) -> Load {
        self.load.take().unwrap_or_default()
    }

    fn idle(&mut self) -> Result<usize, String> {
        self.idle.take().ok_or_else(|| "a workload of this kind needs `idle`".into())
    }

    /// The key of one that nothing has taken.
    fn rest(&self) -> Option<&'static str> {
        let keys = [
            ("rpc", self.rpc.is_some()),
            ("size", self.size.is_some()),
            ("load", self.load.is_some()),
            ("idle", self.idle.is_some()),
            ("share", self.share.is_some()),
            ("delay", self.delay.is_some()),
            ("tls", self.tls.is_some()),
            ("gzip", self.gzip.is_some()),
            ("messages-per-stream", self.messages_per_stream.is_some()),
            ("metadata", self.metadata.is_some()),
            ("pairs", self.pairs.is_some()),
        ];
        keys.into_iter().find(|(_, is_left)| *is_left).map(|(key, _)| key)
    }
}

/// Every point at every value of an axis, which adds to its id where there are several. An axis
/// without values changes nothing.
pub fn spread<T>(points: &mut Vec<Point>, values: &[T], set: impl Fn(&mut Point, &T) -> String) {
    let at_value = |point: &Point, value: &T| {
        let mut point = point.clone();
        let name = set(&mut point, value);
        if values.len() > 1 {
            point.id += &format!("/{name}");
        }
        point
    };
    if !values.is_empty() {
        let spread = points.iter().flat_map(|point| values.iter().map(|it| at_value(point, it)));
        *points = spread.collect();
    }
}
