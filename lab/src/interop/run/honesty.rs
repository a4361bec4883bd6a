//! Whether a client says that it doesn't have a case that doesn't exist. One that says yes to
//! everything proves nothing.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::interop::case::Suite;
use crate::interop::plan::Group;
use crate::interop::verdict::Verdict;

/// The answers of the clients of a run, each asked once for each suite.
pub struct Honesty(BTreeMap<(String, Suite), OnceLock<Result<(), String>>>);

impl Honesty {
    /// Nobody has been asked yet.
    pub fn of_clients(groups: &[Group<'_>]) -> Self {
        let clients = groups.iter().map(|group| (group.client.peer.name.clone(), group.suite));
        Self(clients.map(|client| (client, OnceLock::new())).collect())
    }

    /// What is wrong with the group's client, found out with `ask` if it isn't known yet.
    pub fn check(&self, group: &Group<'_>, ask: impl FnOnce() -> Verdict) -> Result<(), String> {
        let ask = || judge(&ask());
        match self.0.get(&(group.client.peer.name.clone(), group.suite)) {
            Some(answer) => answer.get_or_init(ask).clone(),
            None => ask(),
        }
    }
}

fn judge(answer: &Verdict) -> Result<(), String> {
    match answer {
        Verdict::Unsupported(_) => Ok(()),
        Verdict::Pass => Err("the client passes a case that doesn't exist".into()),
        other => Err(format!(
            "the client doesn't say unsupported to a case that doesn't exist: {}",
            other.reason()
        )),
    }
}
