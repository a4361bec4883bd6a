//! `lab list`

use clap::ValueEnum;

use crate::cli::List;
use crate::exit::{Exit, Failure};
use crate::interop::case::Suite;
use crate::peer::Role;
use crate::peer::{Peer, discover};
use crate::report::print;

pub fn run(list: &List) -> Result<Exit, Failure> {
    let peers = discover(&list.folders.peers, &list.folders.peer_dir)?;
    let peers: String = peers.iter().map(peer_line).collect();
    let suites: String = Suite::value_variants().iter().map(|suite| suite_lines(*suite)).collect();
    print(&format!("peers\n{peers}{suites}"))
}

fn peer_line(peer: &Peer) -> String {
    let roles = Suite::value_variants().iter().map(|suite| (suite, roles(peer, *suite)));
    let roles = roles.filter(|(_, roles)| !roles.is_empty());
    let roles = roles.map(|(suite, roles)| format!("{suite} ({roles})")).collect::<Vec<_>>();
    let manifest = &peer.manifest;
    let stack = format!("{} for {}", manifest.stack, manifest.language);
    format!("  {:<16} {stack:<28} {}\n", peer.name, roles.join(", "))
}

fn roles(peer: &Peer, suite: Suite) -> String {
    let roles = Role::BOTH.iter().filter(|role| peer.command(suite, **role).is_some());
    roles.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn suite_lines(suite: Suite) -> String {
    let cases = suite.cases().map(|case| {
        let unless = if case.default { "" } else { " (only if asked for by --case)" };
        format!("  {:<28} {}{unless}\n", case.name, case.about)
    });
    format!("\nsuite {suite}\n{}", cases.collect::<String>())
}
