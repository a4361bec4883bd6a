//! `peer.toml`: what a peer says about itself.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::command::Command;
use super::role::Role;
use crate::glob;
use crate::interop::case::Suite;

/// The file, as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The implementation that is tested.
    pub stack: String,
    /// The language it is used from.
    pub language: String,
    /// Where it comes from.
    pub homepage: String,
    /// Programs that must be found.
    #[serde(default)]
    pub needs: Vec<String>,
    /// How its programs are made.
    pub build: Option<Command>,
    /// Prints the stack's version.
    pub version: Command,
    /// Versions of one peer that are peers of their own.
    #[serde(default)]
    pub variants: Vec<String>,
    chat: Option<Contract>,
    interop: Option<Contract>,
    http2: Option<Contract>,
    /// Its workers for benchmarks, by name.
    #[serde(default)]
    pub bench: BTreeMap<String, Worker>,
    /// How it is a proxy, if it is none of the peers but one.
    pub proxy: Option<ProxyContract>,
    /// How it is started as a relay, if it is one.
    pub relay: Option<Command>,
}

impl Manifest {
    /// Whether it takes part in a suite, and not in benchmarks only.
    pub fn has_suites(&self) -> bool {
        self.chat.is_some() || self.interop.is_some() || self.http2.is_some()
    }

    /// How the peer fulfils a suite's contract.
    pub fn contract(&self, suite: Suite) -> Option<&Contract> {
        match suite {
            Suite::Chat => self.chat.as_ref(),
            Suite::Interop => self.interop.as_ref(),
            Suite::Http2 => self.http2.as_ref(),
        }
    }
}

/// The commands of a peer for one suite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    server: Option<Command>,
    client: Option<Command>,
    /// How the client says that it doesn't have a case, besides exit code 127.
    pub unsupported: Option<Unsupported>,
    #[serde(default)]
    case_flags: BTreeMap<String, Vec<String>>,
}

impl Contract {
    /// The command of a role.
    pub fn command(&self, role: Role) -> Option<&Command> {
        match role {
            Role::Client => self.client.as_ref(),
            Role::Server => self.server.as_ref(),
            Role::Proxy => None,
        }
    }

    /// The flags that the client needs for this case on top of its command.
    pub fn case_flags(&self, case: &str) -> impl Iterator<Item = String> {
        let wanted =
            self.case_flags.iter().filter(move |(pattern, _)| glob::matches(pattern, case));
        wanted.flat_map(|(_, flags)| flags.clone())
    }
}

/// A worker of gRPC's benchmarks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// The command.
    pub worker: Command,
    /// A description of its settings.
    pub settings: String,
    /// Whether that is what a new user gets.
    #[serde(default)]
    pub defaults: bool,
    /// Its program: a file, or a folder with all its parts.
    pub program: Option<String>,
    /// Builds the program and all that it depends on into an empty folder.
    pub clean_build: Option<Command>,
    /// What it can't do, as `ROLE:CASE`, and why.
    #[serde(default)]
    pub lacks: BTreeMap<String, String>,
}

impl Worker {
    /// Why it can't do a case in a role, if that is so.
    pub fn lacks(&self, role: Role, case: &str) -> Option<&str> {
        let place = format!("{role}:{case}");
        let line = self.lacks.iter().find(|(pattern, _)| glob::matches(pattern, &place));
        line.map(|(_, reason)| reason.as_str())
    }
}

/// How a proxy is started.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyContract {
    /// A file with placeholders. It is filled for each server.
    pub config: String,
    /// The command.
    pub command: Command,
}

/// A client's own way of saying "unsupported".
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsupported {
    /// Its exit code.
    pub exit: i32,
    /// Words that it then prints.
    pub output: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const GO: &str = r#"
        stack = "grpc-go"
        language = "Go"
        homepage = "https://github.com/grpc/grpc-go"
        needs = ["go"]
        version = ["./version.sh"]
        [interop]
        client = ["bin/client", "--test_case={case}"]
        unsupported = { exit = 1, output = "Unsupported test case" }
        [interop.case_flags]
        "orca_*" = ["--service_config_json={}"]
    "#;

    #[test]
    fn roles_may_be_left_out() {
        let manifest: Manifest = toml::from_str(GO).unwrap();
        assert!(manifest.contract(Suite::Chat).is_none());
        let interop = manifest.contract(Suite::Interop).unwrap();
        assert!(interop.command(Role::Client).is_some());
        assert!(interop.command(Role::Server).is_none());
    }

    #[test]
    fn case_flags_are_found_by_pattern() {
        let manifest: Manifest = toml::from_str(GO).unwrap();
        let interop = manifest.contract(Suite::Interop).unwrap();
        assert_eq!(
            interop.case_flags("orca_oob").collect::<Vec<_>>(),
            ["--service_config_json={}"]
        );
        assert_eq!(interop.case_flags("empty_unary").count(), 0);
    }

    #[test]
    fn a_misspelt_key_is_an_error_that_names_it() {
        let error = toml::from_str::<Manifest>(&GO.replace("needs", "need")).unwrap_err();
        assert!(error.to_string().contains("unknown field `need`"), "{error}");
    }
}
