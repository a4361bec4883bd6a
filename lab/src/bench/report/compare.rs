//! The numbers that every report shares: who compares with whom, and how they do.

use std::collections::{BTreeMap, HashMap};

use super::number;
use crate::bench::figure::{Better, Figure};
use crate::bench::record::{Case, Contestant, Outcome, Record, Sample};
use crate::bench::statistics::{Difference, Ratio, median};

/// Client and server.
pub type Pair<'a> = (&'a str, &'a str);

/// The other side of each contestant in a comparison: its own, or one tool for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counterpart<'a> {
    /// Its own client or server.
    Itself,
    /// This tool calls each.
    Client(&'a str),
    /// Each calls this tool.
    Server(&'a str),
}

/// What contestants are compared in.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The case.
    pub case: &'a Case,
    /// The other side of each contestant.
    pub counterpart: Counterpart<'a>,
}

/// The rows of one workload.
pub struct Workload<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it asks.
    pub question: &'a str,
    /// Its rows, in the record's order.
    pub rows: Vec<Row<'a>>,
}

/// A record, arranged for comparing.
pub struct Comparison<'a> {
    /// The record.
    pub record: &'a Record,
    /// Who is compared: the reference first, without second copies and those who couldn't run or
    /// had no turn.
    pub contestants: Vec<&'a Contestant>,
    samples: HashMap<(&'a str, Pair<'a>), Vec<&'a Sample>>,
}

/// How a second copy of a contestant compares with the first.
pub struct Noise<'a> {
    /// The second copy.
    pub copy: &'a str,
    /// The first.
    pub original: &'a str,
    /// By row, in the case's figure.
    pub ratios: Vec<(Row<'a>, Ratio)>,
}

impl<'a> Row<'a> {
    /// The pair of a contestant.
    pub fn pair(&self, name: &'a str) -> Pair<'a> {
        match self.counterpart {
            Counterpart::Itself => (name, name),
            Counterpart::Client(tool) => (tool, name),
            Counterpart::Server(tool) => (name, tool),
        }
    }

    /// The case's name, with the tool that takes part.
    pub fn label(&self) -> String {
        match self.counterpart {
            Counterpart::Itself => self.case.id.clone(),
            Counterpart::Client(tool) => format!("{}, from {tool}", self.case.id),
            Counterpart::Server(tool) => format!("{}, to {tool}", self.case.id),
        }
    }
}

impl Noise<'_> {
    /// In how many rows there was no difference.
    pub fn none(&self) -> usize {
        self.ratios.iter().filter(|it| it.1.difference() == Difference::None).count()
    }

    /// The row in which the two are furthest apart.
    pub fn furthest(&self) -> Option<&(Row<'_>, Ratio)> {
        let distance = |it: &&(Row<'_>, Ratio)| it.1.value.ln().abs();
        self.ratios.iter().max_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// Both in a sentence.
    pub fn sentence(&self) -> String {
        let (none, all) = (self.none(), self.ratios.len());
        let mut text = format!(
            "{} is a second copy of {}: no difference in {none} of {all} cases",
            self.copy, self.original
        );
        if let Some((row, ratio)) = self.furthest() {
            text += &format!(", furthest apart {} in {}", number::interval(ratio), row.label());
        }
        text + "."
    }
}

impl<'a> Comparison<'a> {
    /// Of a record.
    pub fn of(record: &'a Record) -> Self {
        let mut samples = HashMap::<_, Vec<_>>::new();
        for it in &record.samples {
            let pair = (it.client.as_str(), it.server.as_str());
            samples.entry((it.case.as_str(), pair)).or_default().push(it);
        }
        let had_a_turn = |name: &str| samples.keys().any(|(_, (a, b))| *a == name || *b == name);
        let is_compared =
            |it: &&Contestant| it.again.is_none() && it.version.is_some() && had_a_turn(&it.name);
        let mut contestants: Vec<_> = record.contestants.iter().filter(is_compared).collect();
        contestants.sort_by_key(|it| it.name != record.reference);
        Self { record, contestants, samples }
    }

    /// Those that are compared with the reference.
    pub fn others(&self) -> impl Iterator<Item = &'a Contestant> {
        self.contestants.iter().copied().filter(|it| it.name != self.record.reference)
    }

    /// Those that had a turn in some of the rows.
    pub fn in_rows(&self, rows: &[Row<'a>]) -> Vec<&'a Contestant> {
        let had_a_turn = |it: &&Contestant| {
            rows.iter().any(|row| !self.samples(&row.case.id, row.pair(&it.name)).is_empty())
        };
        self.contestants.iter().copied().filter(had_a_turn).collect()
    }

    /// What was measured.
    pub fn samples(&self, case: &'a str, pair: Pair<'a>) -> &[&'a Sample] {
        self.samples.get(&(case, pair)).map_or(&[], Vec::as_slice)
    }

    /// A figure by round.
    pub fn figures(&self, case: &'a str, pair: Pair<'a>, figure: Figure) -> BTreeMap<usize, f64> {
        let samples = self.samples(case, pair).iter();
        samples.filter_map(|it| Some((it.round, it.figure(figure)?))).collect()
    }

    /// A figure's median over the rounds.
    pub fn median(&self, case: &'a str, pair: Pair<'a>, figure: Figure) -> Option<f64> {
        median(self.figures(case, pair, figure).into_values())
    }

    /// How far the first pair is ahead of the second: above 1 it is better, whatever the figure.
    pub fn ahead(
        &self,
        case: &'a str,
        figure: Figure,
        first: Pair<'a>,
        second: Pair<'a>,
    ) -> Option<Ratio> {
        let [first, second] = [first, second].map(|pair| self.figures(case, pair, figure));
        match figure.better() {
            Better::Higher => Ratio::of(&first, &second),
            Better::Lower => Ratio::of(&second, &first),
        }
    }

    /// How far the reference is ahead of a contestant.
    pub fn reference_ahead(&self, row: Row<'a>, figure: Figure, name: &'a str) -> Option<Ratio> {
        let reference = row.pair(&self.record.reference);
        self.ahead(&row.case.id, figure, reference, row.pair(name))
    }

    /// Why there are no figures, if there are none.
    pub fn absent(&self, case: &'a str, pair: Pair<'a>) -> Option<&'a Outcome> {
        let samples = self.samples(case, pair);
        let is_absent = samples.iter().all(|it| it.readings().is_none());
        samples.first().filter(|_| is_absent).map(|it| &it.outcome)
    }

    /// All rows, by workload.
    pub fn workloads(&self) -> Vec<Workload<'a>> {
        let mut workloads: Vec<Workload<'a>> = Vec::new();
        for case in &self.record.cases {
            let rows =
                self.counterparts(case).into_iter().map(|counterpart| Row { case, counterpart });
            match workloads.iter_mut().find(|it| it.name == case.workload) {
                Some(workload) => workload.rows.extend(rows),
                None => workloads.push(Workload {
                    name: &case.workload,
                    question: &case.question,
                    rows: rows.collect(),
                }),
            }
        }
        workloads.retain(|it| !it.rows.is_empty());
        workloads
    }

    /// The other sides that contestants have in a case.
    fn counterparts(&self, case: &'a Case) -> Vec<Counterpart<'a>> {
        let mut counterparts = Vec::new();
        for sample in self.record.samples.iter().filter(|it| it.case == case.id) {
            let (client, server) = (sample.client.as_str(), sample.server.as_str());
            let counterpart = match (self.is_compared(client), self.is_compared(server)) {
                (true, true) if client == server => Counterpart::Itself,
                (false, true) if !self.is_contestant(client) => Counterpart::Client(client),
                (true, false) if !self.is_contestant(server) => Counterpart::Server(server),
                _ => continue,
            };
            if !counterparts.contains(&counterpart) {
                counterparts.push(counterpart);
            }
        }
        counterparts
    }

    /// Whether clients of some contestants called servers of others.
    pub fn is_mixed(&self, case: &'a Case) -> bool {
        let names = || self.contestants.iter().map(|it| it.name.as_str());
        let pairs = names().flat_map(|client| names().map(move |server| (client, server)));
        pairs.filter(|(a, b)| a != b).any(|pair| !self.samples(&case.id, pair).is_empty())
    }

    /// How second copies compare with the first.
    pub fn noise(&self) -> Vec<Noise<'a>> {
        let copies = self.record.contestants.iter();
        let copies = copies.filter_map(|it| Some((it.name.as_str(), it.again.as_deref()?)));
        copies.map(|(copy, original)| self.noise_of(copy, original)).collect()
    }

    fn noise_of(&self, copy: &'a str, original: &'a str) -> Noise<'a> {
        let rows = self.workloads().into_iter().flat_map(|it| it.rows);
        let ratios = rows.filter_map(|row| {
            let [copy, original] = [copy, original].map(|name| row.pair(name));
            Some((row, self.ahead(&row.case.id, row.case.figure, copy, original)?))
        });
        Noise { copy, original, ratios: ratios.collect() }
    }

    /// How many rounds there were.
    pub fn rounds(&self) -> usize {
        self.record.samples.iter().map(|it| it.round).max().unwrap_or(0)
    }

    fn is_compared(&self, name: &str) -> bool {
        self.contestants.iter().any(|it| it.name == name)
    }

    fn is_contestant(&self, name: &str) -> bool {
        self.record.contestants.iter().any(|it| it.name == name)
    }
}
