//! `known-failing.txt`: what is known not to work, and why.
//!
//! A line is `SUITE/ROLE/CASE [with PEER[,PEER]]: reason (link)`; `*` stands for anything in a
//! case and in a peer's name. `SUITE/ROLE@VARIANT/CASE` speaks of one variant of the peer only.
//! What is listed is run all the same, and must fail; with ` at times` before the colon, it may.

use crate::glob;
use crate::interop::case::Suite;
use crate::peer::Role;

/// The file's name in a peer's folder.
pub const FILE: &str = "known-failing.txt";

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownFailing {
    /// The peer whose failure it is.
    pub family: String,
    /// Its line in the file.
    pub line: usize,
    suite: Suite,
    role: Role,
    variant: Option<String>,
    case: String,
    with: Vec<String>,
    /// Whether it passes at other times.
    pub at_times: bool,
    /// Why it fails.
    pub reason: String,
}

/// The lines of a file.
pub fn parse(family: &str, text: &str) -> Result<Vec<KnownFailing>, String> {
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(index, line)| {
            KnownFailing::parse(family, index + 1, line)
                .map_err(|error| format!("line {}: {error}", index + 1))
        })
        .collect()
}

impl KnownFailing {
    fn parse(family: &str, line: usize, text: &str) -> Result<Self, String> {
        let form = "a line is SUITE/ROLE/CASE [with PEER[,PEER]] [at times]: reason";
        let (what, reason) = text.split_once(": ").ok_or(form)?;
        let (what, at_times) = match what.strip_suffix(" at times") {
            Some(what) => (what, true),
            None => (what, false),
        };
        let (what, with) = what.split_once(" with ").unwrap_or((what, ""));
        let [suite, role, case]: [&str; 3] =
            what.splitn(3, '/').collect::<Vec<_>>().try_into().map_err(|_| form)?;
        let (role, variant) = match role.split_once('@') {
            Some((role, variant)) => (role, Some(variant.into())),
            None => (role, None),
        };
        Ok(Self {
            family: family.into(),
            line,
            suite: suite.parse()?,
            role: role.parse()?,
            variant,
            case: case.trim().into(),
            with: with
                .split(',')
                .map(|name| name.trim().into())
                .filter(|it: &String| !it.is_empty())
                .collect(),
            at_times,
            reason: reason.trim().into(),
        })
    }

    /// Whether it speaks of this case of this pair.
    pub fn covers(&self, suite: Suite, case: &str, pair: &Pair<'_>) -> bool {
        let (me, variant, others) = match self.role {
            Role::Client => (pair.client, pair.client_variant, vec![pair.server]),
            Role::Server => (pair.server, pair.server_variant, vec![pair.client]),
            Role::Proxy => (pair.proxy.unwrap_or(""), None, vec![pair.client, pair.server]),
        };
        let is_one = |with: &String| others.iter().any(|other| glob::matches(with, other));
        self.suite == suite
            && self.family == family(me)
            && self.variant.as_deref().is_none_or(|it| Some(it) == variant)
            && glob::matches(&self.case, case)
            && (self.with.is_empty() || self.with.iter().any(is_one))
    }

    /// What is wrong with the line whatever the cells say: it can never cover any.
    ///
    /// `peers` are names with their variants.
    pub fn mistake(&self, peers: &[(&str, Option<&str>)]) -> Option<String> {
        if !self.suite.cases().any(|case| glob::matches(&self.case, case.name)) {
            return Some(format!("{} has no case {}", self.suite, self.case));
        }
        let has = |variant| peers.iter().any(|it| family(it.0) == self.family && it.1 == variant);
        if let Some(variant) = self.variant.as_deref()
            && !has(Some(variant))
        {
            return Some(format!("{} has no variant {variant}", self.family));
        }
        let is_known = |with: &str| peers.iter().any(|(name, _)| glob::matches(with, name));
        let stranger = self.with.iter().find(|with| !is_known(with))?;
        Some(format!("no peer is named {stranger}"))
    }

    /// Whether it speaks of a peer in this suite and role.
    pub fn is_about(&self, suite: Suite, role: Role, peer: &str) -> bool {
        self.suite == suite && self.role == role && self.family == family(peer)
    }

    /// The place of the line, for people.
    pub fn place(&self) -> String {
        format!("{}/{FILE}:{}", self.family, self.line)
    }
}

/// A client and a server, and what is between them.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The client's name.
    pub client: &'a str,
    /// The server's name.
    pub server: &'a str,
    /// The client's variant.
    pub client_variant: Option<&'a str>,
    /// The server's variant.
    pub server_variant: Option<&'a str>,
    /// Who stands between them.
    pub proxy: Option<&'a str>,
}

fn family(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair<'a>(client: &'a str, server: &'a str) -> Pair<'a> {
        Pair { client, server, client_variant: None, server_variant: None, proxy: None }
    }

    fn one(text: &str) -> KnownFailing {
        parse("go", text).unwrap().remove(0)
    }

    #[test]
    fn a_line_covers_its_role_and_its_cases() {
        let line = one("# why\n\ninterop/server/client_compressed_*: ignores the flag (link)");
        assert_eq!(line.line, 3);
        assert_eq!(line.reason, "ignores the flag (link)");
        assert!(line.covers(Suite::Interop, "client_compressed_unary", &pair("java", "go")));
        assert!(!line.covers(Suite::Interop, "client_compressed_unary", &pair("go", "java")));
        assert!(!line.covers(Suite::Interop, "server_compressed_unary", &pair("java", "go")));
        assert!(!line.covers(Suite::Chat, "client_compressed_unary", &pair("java", "go")));
    }

    #[test]
    fn with_names_the_other_side() {
        let line = one("chat/client/bidi/* with tonic, python*: late");
        assert!(line.covers(Suite::Chat, "bidi/deadline", &pair("go", "tonic")));
        assert!(line.covers(Suite::Chat, "bidi/deadline", &pair("go", "python@1.56.2")));
        assert!(!line.covers(Suite::Chat, "bidi/deadline", &pair("go", "java")));
    }

    #[test]
    fn a_failure_may_come_at_times_only() {
        let line = one("chat/client/bidi/* with tonic at times: a race");
        assert!(line.at_times && line.covers(Suite::Chat, "bidi/chat", &pair("go", "tonic")));
        assert!(!one("chat/client/bidi/* with tonic: late").at_times);
    }

    #[test]
    fn a_line_may_speak_of_one_variant() {
        let line = one("interop/server@1.56.2/empty_unary: old");
        let old = Pair { server_variant: Some("1.56.2"), ..pair("java", "go@1.56.2") };
        assert!(line.covers(Suite::Interop, "empty_unary", &old));
        let new = Pair { server_variant: Some("1.85.1"), ..pair("java", "go") };
        assert!(!line.covers(Suite::Interop, "empty_unary", &new));
    }

    #[test]
    fn a_line_that_can_cover_nothing_is_a_mistake() {
        let peers = [("go", Some("2")), ("java", None)];
        assert_eq!(one("interop/server/empty_*: x").mistake(&peers), None);
        let mistake = one("interop/server/emty_unary: x").mistake(&peers);
        assert_eq!(mistake.as_deref(), Some("interop has no case emty_unary"));
        let mistake = one("interop/server/* with jav: x").mistake(&peers);
        assert_eq!(mistake.as_deref(), Some("no peer is named jav"));
        assert_eq!(one("interop/server@2/empty_*: x").mistake(&peers), None);
        let mistake = one("interop/server@3/empty_*: x").mistake(&peers);
        assert_eq!(mistake.as_deref(), Some("go has no variant 3"));
    }

    #[test]
    fn a_line_of_another_form_is_an_error() {
        for text in ["interop/server/empty_unary", "interop/empty_unary: x", "chat/judge/*: x"] {
            assert!(parse("go", text).unwrap_err().starts_with("line 1: "), "{text}");
        }
    }
}
