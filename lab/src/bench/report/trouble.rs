//! What was not measured, or not as it should have been, and why.

use std::collections::BTreeMap;

use crate::bench::figure::Figure;
use crate::bench::record::{Outcome, Record, Sample};

/// What can be wrong with a sample, the worst first.
const WORDS: [&str; 4] = ["failed", "void", "errors", "unsupported"];

/// One reason, and where it struck.
pub struct Trouble<'a> {
    /// What it is, in a word.
    pub word: &'static str,
    /// Why.
    pub reason: String,
    /// In which case and pair, and in how many rounds.
    pub places: BTreeMap<(&'a str, String), usize>,
}

impl Trouble<'_> {
    /// A description of the places.
    pub fn places(&self) -> Vec<String> {
        let place = |((case, pair), rounds): (&(&str, String), &usize)| match rounds {
            1 => format!("{case}: {pair}"),
            rounds => format!("{case}: {pair} (in {rounds} rounds)"),
        };
        self.places.iter().map(place).collect()
    }
}

/// All of them, the worst first.
pub fn troubles(record: &Record) -> Vec<Trouble<'_>> {
    let mut found = BTreeMap::<_, BTreeMap<_, usize>>::new();
    for sample in &record.samples {
        let Some(trouble) = of(sample) else { continue };
        let place = (sample.case.as_str(), pair(sample));
        *found.entry(trouble).or_default().entry(place).or_default() += 1;
    }
    let found = found.into_iter();
    found.map(|((rank, reason), places)| Trouble { word: WORDS[rank], reason, places }).collect()
}

/// Its place in `WORDS`, and why.
fn of(sample: &Sample) -> Option<(usize, String)> {
    match &sample.outcome {
        Outcome::Failed(reason) => Some((0, reason.clone())),
        Outcome::Void(reason) => Some((1, reason.clone())),
        Outcome::Measured(_) => {
            let errors = sample.figure(Figure::Errors).filter(|errors| *errors > 0.0)?;
            Some((2, format!("{errors} calls did not end with OK")))
        }
        Outcome::Unsupported(reason) => Some((3, reason.clone())),
    }
}

fn pair(Sample { client, server, .. }: &Sample) -> String {
    if client == server { client.clone() } else { format!("{client} → {server}") }
}
