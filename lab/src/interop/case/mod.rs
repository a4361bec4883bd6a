//! Cases: what is asked of a pair of peers, and how the answer is judged. Data, and pure functions.

pub mod chat;
mod http2;
mod interop;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::interop::http2::script::{Script, Seen};
use chat::report::Report;

/// A contract between the lab and the peers, and its cases.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Suite {
    /// The article's chat service
    Chat,
    /// gRPC's own interoperability tests
    Interop,
    /// A server that misbehaves, for clients
    Http2,
}

impl Suite {
    /// The suite's cases, in the order in which reports show them.
    pub fn cases(self) -> impl Iterator<Item = &'static Case> {
        let groups: &[&[Case]] = match self {
            Self::Chat => chat::CASES,
            Self::Interop => &[interop::CASES],
            Self::Http2 => &[http2::CASES],
        };
        groups.iter().copied().flatten()
    }

    /// A case that no client has: it must say so.
    pub fn nonsense(self) -> &'static Case {
        match self {
            Self::Chat => &chat::NONSENSE,
            Self::Interop => &interop::NONSENSE,
            Self::Http2 => &http2::NONSENSE,
        }
    }

    /// Whether the suite's contract knows of a transport.
    pub fn has(self, transport: Transport) -> bool {
        self == Self::Interop || transport == Transport::Plaintext
    }
}

/// What lies under HTTP/2.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// TCP
    Plaintext,
    /// TLS, with gRPC's test certificates
    Tls,
}

/// One case of a suite.
#[derive(Debug)]
pub struct Case {
    /// Its id, the same in filters, lists, logs and reports.
    pub name: &'static str,
    /// What it is about, in one line.
    pub about: &'static str,
    /// Whether it is run without being asked for by name.
    pub default: bool,
    /// The time that it may take, unless the user says otherwise.
    pub limit: Duration,
    /// The flags that say what the client does.
    pub flags: &'static [&'static str],
    /// What the client is asked instead, if it is a case of another suite.
    pub asks: Option<(Suite, &'static str)>,
    /// The server's pace.
    pub pace: Pace,
    /// Whether the lab kills the server as soon as the client has reported a message.
    pub kills_server: bool,
    /// How the answer is judged.
    pub proof: Proof,
}

impl Case {
    /// What holds of a case that says nothing else.
    const DEFAULT: Self = Self {
        name: "",
        about: "",
        default: true,
        limit: Duration::from_secs(30),
        flags: &[],
        asks: None,
        pace: Pace::Quick,
        kills_server: false,
        proof: Proof::ExitCode,
    };
}

/// How long a chat server waits between two messages of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// As long as it takes to see that they are several messages.
    Quick,
    /// Longer than a case lasts: after the first message, nothing comes.
    Stalled,
}

impl Pace {
    /// The value of `{pace}`.
    pub fn value(self) -> &'static str {
        match self {
            Self::Quick => "10ms",
            Self::Stalled => "60000ms",
        }
    }
}

/// How it is found out whether a case passed.
#[derive(Debug)]
pub enum Proof {
    /// The client knows, and exits with 0.
    ExitCode,
    /// The client reports what it saw, and the lab judges.
    Report(fn(&Report) -> Judgement),
    /// The client knows, and the lab's own server has seen it.
    Seen(&'static Script, fn(&[Seen]) -> Judgement),
}

/// Right, or what is wrong.
pub type Judgement = Result<(), String>;

macro_rules! lowercase_text {
    ($($type:ty),*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!("{self:?}").to_lowercase())
            }
        }
    )*};
}

lowercase_text!(Suite, Transport);

impl FromStr for Suite {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as ValueEnum>::from_str(text, false).map_err(|_| format!("there is no suite {text}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_cases_of_a_suite_have_the_same_name() {
        for suite in Suite::value_variants() {
            let names: Vec<_> = suite.cases().map(|case| case.name).collect();
            let distinct: BTreeSet<_> = names.iter().collect();
            assert_eq!(names.len(), distinct.len(), "{suite}: {names:?}");
        }
    }

    #[test]
    fn only_a_client_that_reports_can_say_when_to_kill_the_server() {
        for case in Suite::Interop.cases() {
            assert!(!case.kills_server, "{}", case.name);
        }
    }
}
