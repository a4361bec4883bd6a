//! Contestants: the workers that peers have.

use crate::exit::Failure;
use crate::glob;
use crate::peer::Peer;
use crate::peer::Role;
use crate::peer::manifest::Worker;
use crate::peer::prepare::Prepared;

use super::record;
use super::workload::{Kind, Pairing, Task};

/// The first, with whom the others are compared, unless the user wants another.
pub const REFERENCE: &str = "quartet";

/// Marks the second copy of a contestant.
const AGAIN: &str = "-again";

/// A program that is measured.
#[derive(Clone, Debug)]
pub struct Contestant {
    /// Its name.
    pub name: String,
    /// The peer whose it is.
    pub peer: Peer,
    /// What the peer says of it.
    pub worker: Worker,
    /// The stack's version, or why there is none.
    pub version: Result<String, String>,
    /// The contestant that it is a second copy of.
    pub again: Option<String>,
}

impl Contestant {
    /// What records say of it.
    fn described(&self) -> record::Contestant {
        record::Contestant {
            name: self.name.clone(),
            stack: self.peer.manifest.stack.clone(),
            language: self.peer.manifest.language.clone(),
            version: self.version.clone().ok(),
            no_run: self.version.clone().err(),
            settings: self.worker.settings.clone(),
            again: self.again.clone(),
        }
    }

    /// Why it can't have this role in a case, if that is so.
    pub fn obstacle(&self, role: Role, case: &str) -> Option<&str> {
        self.worker.lacks(role, case)
    }

    /// A second copy of it: what differs between the two is noise.
    fn again(&self) -> Self {
        let again = Some(self.name.clone());
        Self { name: format!("{}{AGAIN}", self.name), again, ..self.clone() }
    }
}

/// What records say of those that take part in one of the tasks.
pub fn described(contestants: &[Contestant], tasks: &[Task]) -> Vec<record::Contestant> {
    let takes_part = |it: &&Contestant| {
        let mut pairs = tasks.iter().flat_map(|task| pairs(task, contestants));
        pairs.any(|(client, server)| client.name == it.name || server.name == it.name)
    };
    contestants.iter().filter(takes_part).map(Contestant::described).collect()
}

/// Refuses a pattern that chooses no contestant, before a peer is made ready.
pub fn check(peers: &[Peer], patterns: &[String]) -> Result<(), Failure> {
    let names = || peers.iter().flat_map(|peer| peer.manifest.bench.keys());
    let is_known = |pattern: &&String| names().any(|name| glob::matches(pattern, name));
    match patterns.iter().find(|pattern| !is_known(pattern)) {
        None => Ok(()),
        Some(pattern) => {
            let names = names().cloned().collect::<Vec<_>>().join(", ");
            let problem = format!("no contestant matches; there are {names}");
            Err(Failure::usage(format!("--contestant {pattern}: {problem}")))
        }
    }
}

/// Whether one of a peer's contestants is chosen by the patterns. No pattern chooses all.
pub fn is_involved(peer: &Peer, patterns: &[String]) -> bool {
    peer.manifest.bench.keys().any(|name| is_chosen(name, patterns))
}

/// The contestants that the patterns choose, the reference and its second copy first.
pub fn choose(
    prepared: &[Prepared],
    patterns: &[String],
    reference: &str,
) -> Result<Vec<Contestant>, Failure> {
    let mut chosen = Vec::new();
    for Prepared { peer, version } in prepared {
        let version = version.clone().map_err(|no_run| no_run.reason().to_owned());
        for (name, worker) in &peer.manifest.bench {
            if is_chosen(name, patterns) || name == reference {
                let (name, peer, worker) = (name.clone(), peer.clone(), worker.clone());
                let version = version.clone();
                chosen.push(Contestant { name, peer, worker, version, again: None });
            }
        }
    }
    let Some(place) = chosen.iter().position(|it| it.name == reference) else {
        return Err(Failure::usage(format!("--reference {reference}: no such contestant")));
    };
    chosen[..=place].rotate_right(1);
    chosen.insert(1, chosen[0].again());
    Ok(chosen)
}

/// The pairs of a task, by client and server. Where clients are no contestants, each pair is of a
/// server and itself.
pub fn pairs<'a>(
    task: &Task,
    contestants: &'a [Contestant],
) -> Vec<(&'a Contestant, &'a Contestant)> {
    let takes_part = |it: &&Contestant| match task.kind {
        // A copy's program is the same file.
        Kind::Size | Kind::Build | Kind::Instructions(..) if it.again.is_some() => false,
        _ => task.defaults || !it.worker.defaults,
    };
    let all = || contestants.iter().filter(takes_part);
    match task.kind.calls().map(|calls| calls.pairing) {
        None | Some(Pairing::Own) => all().map(|it| (it, it)).collect(),
        Some(Pairing::All) => {
            let others = || all().filter(|it| it.again.is_none());
            let crossed = others().flat_map(|client| others().map(move |server| (client, server)));
            let copies = all().filter(|it| it.again.is_some()).map(|it| (it, it));
            crossed.chain(copies).collect()
        }
    }
}

fn is_chosen(name: &str, patterns: &[String]) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| glob::matches(pattern, name))
}
