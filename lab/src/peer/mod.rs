//! Peers: gRPC implementations, a folder each.

pub mod certificates;
pub mod command;
pub mod manifest;
pub mod prepare;
pub mod raw;
mod role;

pub use role::Role;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::exit::Failure;
use crate::glob;
use crate::interop::case::Suite;
use crate::interop::known::{self, KnownFailing};
use command::{Command, Values};
use manifest::{Contract, Manifest};

/// One peer: a folder, or a variant of it.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The folder's name, or `NAME@VARIANT`.
    pub name: String,
    /// Which of the folder's variants it is.
    pub variant: Option<String>,
    /// The folder, absolute.
    pub folder: PathBuf,
    /// What its `peer.toml` says.
    pub manifest: Manifest,
    /// What its `known-failing.txt` says.
    pub known_failing: Vec<KnownFailing>,
}

impl Peer {
    /// The peers of one folder, by the manifest in it.
    fn read(folder: &Path, manifest: &str) -> Result<Vec<Self>, Failure> {
        let folder = folder.canonicalize().map_err(|error| Failure::reading(folder, error))?;
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| Failure::reading(&folder, "a peer's folder has a name"))?;
        let path = folder.join(manifest);
        let text = fs::read_to_string(&path).map_err(|error| Failure::reading(&path, error))?;
        let manifest: Manifest =
            toml::from_str(&text).map_err(|error| Failure::reading(&path, error))?;
        let path = folder.join(known::FILE);
        let known_failing = match fs::read_to_string(&path) {
            Ok(text) => {
                known::parse(&name, &text).map_err(|error| Failure::reading(&path, error))?
            }
            Err(_) if !path.exists() => Vec::new(),
            Err(error) => return Err(Failure::reading(&path, error)),
        };
        Ok(Self::variants(name, &manifest.variants)
            .map(|(name, variant)| Self {
                name,
                variant,
                folder: folder.clone(),
                manifest: manifest.clone(),
                known_failing: known_failing.clone(),
            })
            .collect())
    }

    /// The names: the first variant has the folder's.
    fn variants(
        name: String,
        variants: &[String],
    ) -> impl Iterator<Item = (String, Option<String>)> {
        let first = (name.clone(), variants.first().cloned());
        let others = variants.iter().skip(1);
        std::iter::once(first)
            .chain(others.map(move |it| (format!("{name}@{it}"), Some(it.clone()))))
    }

    /// The name of the folder, which all its variants share.
    pub fn family(&self) -> &str {
        self.name.split('@').next().unwrap_or(&self.name)
    }

    /// How it fulfils a suite's contract, in a role.
    pub fn command(&self, suite: Suite, role: Role) -> Option<(&Contract, &Command)> {
        let contract = self.manifest.contract(suite)?;
        Some((contract, contract.command(role)?))
    }

    /// The values that every command of this peer has.
    pub fn values(&self) -> Values {
        match &self.variant {
            Some(variant) => Values::default().with("variant", variant),
            None => Values::default(),
        }
    }
}

/// The manifest of a peer.
const PEER: &str = "peer.toml";

/// The manifest of a proxy, which is a peer that is neither client nor server.
const PROXY: &str = "proxy.toml";

/// The proxies that the flag names, from the folders inside `root`.
pub fn proxies(root: &Path, flag: &str, names: &BTreeSet<&str>) -> Result<Vec<Peer>, Failure> {
    let mut proxies = Vec::new();
    for name in names {
        let folder = root.join(name);
        if !folder.join(PROXY).exists() {
            let root = root.display();
            return Err(Failure::usage(format!(
                "{flag} {name}: there is no {root}/{name}/{PROXY}"
            )));
        }
        proxies.extend(Peer::read(&folder, PROXY)?);
    }
    Ok(proxies)
}

/// All peers: the folders inside `root`, and those of the user's own.
pub fn discover(root: &Path, own: &[PathBuf]) -> Result<Vec<Peer>, Failure> {
    let mut folders = own.to_vec();
    match fs::read_dir(root) {
        Ok(entries) => {
            let entries = entries.filter_map(Result::ok).map(|entry| entry.path());
            folders.extend(entries.filter(|folder| folder.join(PEER).exists()));
        }
        Err(error) if own.is_empty() => {
            return Err(Failure::usage(format!("--peers {}: {error}", root.display())));
        }
        Err(_) => {} // only the user's own
    }
    let mut peers = Vec::new();
    for folder in folders {
        peers.extend(Peer::read(&folder, PEER)?);
    }
    if let Some(peer) = peers.iter().find(|peer| peer.family() == raw::NAME) {
        let folder = peer.folder.display();
        return Err(Failure::usage(format!("{folder}: this name is the lab's own server")));
    }
    peers.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some([twin, _]) = peers.array_windows().find(|[a, b]| a.name == b.name) {
        return Err(Failure::usage(format!("two peers are named {}", twin.name)));
    }
    Ok(peers)
}

/// The names of the peers that the patterns choose; each pattern must choose one. No pattern
/// chooses all.
pub fn choose(
    peers: &[Peer],
    flag: &str,
    patterns: &[String],
) -> Result<BTreeSet<String>, Failure> {
    let names = || peers.iter().map(|peer| peer.name.clone());
    for pattern in patterns {
        if !names().any(|name| glob::matches(pattern, &name)) {
            let all = names().collect::<Vec<_>>().join(", ");
            return Err(Failure::usage(format!(
                "{flag} {pattern}: no peer matches; there are {all}"
            )));
        }
    }
    let chosen = |name: &String| {
        patterns.is_empty() || patterns.iter().any(|pattern| glob::matches(pattern, name))
    };
    Ok(names().filter(chosen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(manifest: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("it")).unwrap();
        fs::write(folder.path().join("it/peer.toml"), manifest).unwrap();
        folder
    }

    const MANIFEST: &str = "stack = 's'\nlanguage = 'l'\nhomepage = 'h'\nversion = ['v']\n";

    #[test]
    fn variants_are_peers_of_their_own() {
        let folder = folder(&format!("{MANIFEST}variants = ['2', '1']"));
        let peers = discover(folder.path(), &[]).unwrap();
        let names: Vec<_> = peers.iter().map(|peer| peer.name.as_str()).collect();
        assert_eq!(names, ["it", "it@1"]);
        assert_eq!(peers[0].variant.as_deref(), Some("2"));
        assert_eq!(peers[1].family(), "it");
    }

    #[test]
    fn an_error_names_the_file() {
        let folder = folder("stack = 1");
        let error = discover(folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains("it/peer.toml: TOML parse error at line 1"), "{error}");
    }

    #[test]
    fn a_name_twice_is_an_error() {
        let folder = folder(MANIFEST);
        let own = [folder.path().join("it")];
        let error = discover(folder.path(), &own).unwrap_err().to_string();
        assert_eq!(error, "two peers are named it");
    }

    #[test]
    fn a_name_that_no_peer_has_is_an_error() {
        let folder = folder(MANIFEST);
        let peers = discover(folder.path(), &[]).unwrap();
        let error = choose(&peers, "--peer", &["og".into()]).unwrap_err().to_string();
        assert_eq!(error, "--peer og: no peer matches; there are it");
        assert_eq!(choose(&peers, "--peer", &[]).unwrap().len(), 1);
    }
}
