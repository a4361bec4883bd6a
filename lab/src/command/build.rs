//! `lab build`

use std::time::SystemTime;

use clap::ColorChoice;

use crate::cli::Preparing;
use crate::exit::{Exit, Failure};
use crate::peer::choose;
use crate::peer::prepare::{NoRun, Prepared};
use crate::progress::Progress;
use crate::report::print;

pub fn run(preparing: &Preparing, color: ColorChoice) -> Result<Exit, Failure> {
    let mut peers = super::find_peers(preparing)?;
    let chosen = choose(&peers, "--peer", &preparing.peer)?;
    peers.retain(|peer| chosen.contains(&peer.name));
    let logs = super::log_folder(preparing, SystemTime::now())?;
    let progress = Progress::new(preparing.progress, color);
    let (children, stop) = super::processes()?;
    let prepared = super::prepare(peers, preparing, &children, &logs, &progress);
    print(&prepared.iter().map(line).collect::<String>())?;
    Ok(exit(&prepared, &preparing.require, stop.is_interrupted()))
}

fn line(it: &Prepared) -> String {
    let result = match &it.version {
        Ok(version) => version.clone(),
        Err(no_run) => format!("no-run: {}", no_run.reason()),
    };
    format!("{:<16} {:<16} {result}\n", it.peer.name, it.peer.manifest.stack)
}

fn exit(prepared: &[Prepared], required: &[String], interrupted: bool) -> Exit {
    let is_broken = |it: &Prepared| matches!(it.version, Err(NoRun::Broken(_)));
    let is_missing = |it: &Prepared| it.version.is_err() && required.contains(&it.peer.name);
    if interrupted {
        Exit::Interrupted
    } else if prepared.iter().any(is_broken) {
        Exit::Failed
    } else if prepared.iter().any(is_missing) {
        Exit::Environment
    } else {
        Exit::Ok
    }
}
