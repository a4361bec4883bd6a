//! What is to be run: which cells, in which order.

use std::collections::BTreeSet;

use clap::ValueEnum;

use crate::cli::{Direction, PairPattern, Run};
use crate::exit::Failure;
use crate::glob;
use crate::interop::case::{Case, Suite, Transport};
use crate::interop::verdict::Verdict;
use crate::peer::Role;
use crate::peer::prepare::Prepared;
use crate::peer::{Peer, choose, raw};

/// The names of the peers of each pair, client first.
pub type Pairs = BTreeSet<(String, String)>;

/// All cases of a pair, a suite and a transport. They are run one after the other.
pub struct Group<'a> {
    /// The suite.
    pub suite: Suite,
    /// The transport.
    pub transport: Transport,
    /// Who calls.
    pub client: &'a Prepared,
    /// Who serves.
    pub server: &'a Prepared,
    /// Who stands between them.
    pub proxy: Option<&'a Prepared>,
    /// The cases: first those of one pace, and last those that kill the server, so that as few
    /// servers as can be are started.
    pub cases: Vec<&'static Case>,
}

impl Group<'_> {
    /// Why no case of the group can be run, if so.
    pub fn obstacle(&self) -> Option<Verdict> {
        let sides = [(self.client, Role::Client), (self.server, Role::Server)];
        let lacks = |&(it, role): &(&Prepared, Role)| {
            it.peer.name != raw::NAME && it.peer.command(self.suite, role).is_none()
        };
        if let Some((it, role)) = sides.iter().find(|side| lacks(side)) {
            let name = &it.peer.name;
            return Some(Verdict::Unsupported(format!("{name} has no {role} for {}", self.suite)));
        }
        let all = sides.iter().map(|(it, _)| *it).chain(self.proxy);
        let no_run = all.into_iter().find_map(|it| {
            let reason = it.version.as_ref().err()?.reason();
            Some(format!("{}: {reason}", it.peer.name))
        });
        no_run.map(Verdict::NoRun)
    }

    /// The name of the proxy.
    pub fn proxy_name(&self) -> Option<&str> {
        self.proxy.map(|proxy| proxy.peer.name.as_str())
    }
}

/// The pairs that the flags choose.
pub fn pairs(peers: &[Peer], run: &Run) -> Result<Pairs, Failure> {
    let names = choose(peers, "--peer", &run.preparing.peer)?;
    let focus = choose(peers, "--of", &run.of)?;
    if run.of.is_empty() && run.direction != Direction::Both {
        return Err(Failure::usage("--direction is the role of the --of peers: add --of"));
    }
    for pair in &run.pair {
        choose(peers, "--pair", &[pair.client.clone(), pair.server.clone()])?;
    }
    let all = names.iter().flat_map(|client| names.iter().map(move |server| (client, server)));
    let pairs: Pairs = all
        .filter(|(client, server)| match run.direction {
            Direction::Both => focus.contains(*client) || focus.contains(*server),
            Direction::Client => focus.contains(*client),
            Direction::Server => focus.contains(*server),
        })
        .filter(|(client, server)| {
            let named = |pair: &PairPattern| {
                glob::matches(&pair.client, client) && glob::matches(&pair.server, server)
            };
            run.pair.is_empty() || run.pair.iter().any(named)
        })
        .map(|(client, server)| (client.clone(), server.clone()))
        .collect();
    if pairs.is_empty() {
        return Err(Failure::usage("no pair matches these filters"));
    }
    Ok(pairs)
}

/// The cases that the flags choose, by suite.
pub fn cases(run: &Run) -> Result<Vec<(Suite, Vec<&'static Case>)>, Failure> {
    let mut suites =
        if run.suite.is_empty() { Suite::value_variants().to_vec() } else { run.suite.clone() };
    suites.sort_unstable();
    suites.dedup();
    let is_case = |pattern: &str| {
        suites.iter().any(|suite| suite.cases().any(|case| glob::matches(pattern, case.name)))
    };
    if let Some(pattern) = run.case.iter().find(|pattern| !is_case(pattern)) {
        return Err(Failure::usage(format!("--case {pattern}: no case matches; see lab list")));
    }
    let chosen = |case: &&Case| {
        if run.case.is_empty() {
            case.default
        } else {
            run.case.iter().any(|pattern| glob::matches(pattern, case.name))
        }
    };
    Ok(suites.into_iter().map(|suite| (suite, suite.cases().filter(chosen).collect())).collect())
}

/// The pairs in a suite: where the lab itself serves, each client meets it once.
fn with_server(suite: Suite, pairs: &Pairs) -> Pairs {
    match suite {
        Suite::Chat | Suite::Interop => pairs.clone(),
        Suite::Http2 => {
            pairs.iter().map(|(client, _)| (client.clone(), raw::NAME.into())).collect()
        }
    }
}

/// What is to be combined.
pub struct Axes<'a> {
    /// The peers.
    pub peers: &'a [Prepared],
    /// The proxies, and none for the way without one.
    pub through: Vec<Option<&'a Prepared>>,
    /// The transports.
    pub transports: &'a [Transport],
}

/// The groups to run.
pub fn groups<'a>(
    axes: &Axes<'a>,
    pairs: &Pairs,
    cases: &[(Suite, Vec<&'static Case>)],
) -> Vec<Group<'a>> {
    let mut groups = Vec::new();
    for (suite, cases) in cases.iter().filter(|(_, cases)| !cases.is_empty()) {
        let mut cases = cases.clone();
        cases.sort_by_key(|case| (case.pace, case.kills_server));
        for (transport, proxy) in ways(axes, *suite) {
            for (client, server) in &with_server(*suite, pairs) {
                let peer = |name: &str| axes.peers.iter().find(|it| it.peer.name == name);
                let (Some(client), Some(server)) = (peer(client), peer(server)) else { continue };
                let (suite, cases) = (*suite, cases.clone());
                groups.push(Group { suite, transport, client, server, proxy, cases });
            }
        }
    }
    groups
}

/// The transports and proxies of a suite. A proxy speaks plaintext, and can't stand before the
/// lab's own server: it would be the client.
fn ways<'a>(axes: &Axes<'a>, suite: Suite) -> Vec<(Transport, Option<&'a Prepared>)> {
    let transports = axes.transports.iter().filter(|transport| suite.has(**transport));
    let all = transports.flat_map(|it| axes.through.iter().map(move |proxy| (*it, *proxy)));
    all.filter(|(transport, proxy)| {
        proxy.is_none() || *transport == Transport::Plaintext && suite != Suite::Http2
    })
    .collect()
}
