//! The subcommands.

pub mod bench;
pub mod build;
pub mod list;
pub mod report;
pub mod run;
pub mod splice;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cli::Preparing;
use crate::exit::Failure;
use crate::peer::prepare::{self, Prepared};
use crate::peer::{Peer, discover};
use crate::process::Children;
use crate::process::stop::Stop;
use crate::progress::Progress;

/// At most this many builds run at once: each uses several cores.
const BUILDS: usize = 2;

fn find_peers(preparing: &Preparing) -> Result<Vec<Peer>, Failure> {
    let peers = discover(&preparing.folders.peers, &preparing.folders.peer_dir)?;
    let is_known = |name: &&String| peers.iter().any(|peer| peer.name == **name);
    match preparing.require.iter().find(|name| !is_known(name)) {
        Some(name) => Err(Failure::environment(format!("--require {name}: no such peer"))),
        None => Ok(peers),
    }
}

fn prepare(
    peers: Vec<Peer>,
    preparing: &Preparing,
    children: &Children,
    logs: &Path,
    progress: &Progress,
) -> Vec<Prepared> {
    let jobs = preparing.jobs.min(BUILDS);
    progress.begin(peers.len());
    let prepared =
        prepare::all(peers, jobs, children, logs, |prepared| progress.prepared(prepared));
    progress.end();
    prepared
}

/// The processes of a command, which signals end.
fn processes() -> Result<(Children, Stop), Failure> {
    let (children, stop) = (Children::guarded().map_err(Failure::environment)?, Stop::default());
    stop.at_signals(&children).map_err(Failure::environment)?;
    Ok((children, stop))
}

/// The folder for the logs of a run that begins now: absolute, because peers run elsewhere.
fn log_folder(preparing: &Preparing, now: SystemTime) -> Result<PathBuf, Failure> {
    let folder = preparing.logs.clone().unwrap_or_else(|| {
        let time = humantime::format_rfc3339_seconds(now).to_string();
        PathBuf::from("target/lab").join(time.replace(':', ""))
    });
    fs::create_dir_all(&folder)
        .and_then(|()| folder.canonicalize())
        .map_err(|error| Failure::environment(format!("--logs {}: {error}", folder.display())))
}

/// The command line that runs this, as a shell would read it.
fn command_line() -> String {
    let arguments = env::args().skip(1).map(|argument| quote(&argument));
    std::iter::once("lab".into()).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn what_a_shell_would_change_is_quoted() {
        for (word, quoted) in
            [("go:java", "go:java"), ("bidi/*", "'bidi/*'"), ("it's", r"'it'\''s'"), ("", "''")]
        {
            assert_eq!(quote(word), quoted);
        }
    }
}
