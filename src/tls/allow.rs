use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::rpc::{Call, Interceptor, Side, Status};

/// Lets in only callers whose verified certificate has one of these names: a DNS name, a URI such
/// as a SPIFFE ID, an IP or an e-mail address among its SANs; its common name counts if it has
/// no SAN. `*.example` stands for every name with one label before `.example`.
///
/// A caller without a verified certificate is refused with `UNAUTHENTICATED`, one of other
/// names with `PERMISSION_DENIED`. Behind [`ServerTls`](super::ServerTls) with a client CA.
#[derive(Clone, Debug)]
pub struct AllowNames(Vec<Name>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Exact(String),
    /// What follows `*`, such as `.example`.
    Below(String),
}

/// Why a text is no name to allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidName(String);

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidName {}

impl AllowNames {
    /// Allows these names; of none, nobody.
    ///
    /// # Errors
    /// When one is empty, or has a `*` that is not its whole first label.
    pub fn new(names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, InvalidName> {
        names
            .into_iter()
            .map(|name| name.as_ref().parse())
            .collect::<Result<_, _>>()
            .map(AllowNames)
    }

    fn allows(&self, identity: &str) -> bool {
        self.0.iter().any(|name| name.is(identity))
    }
}

impl Interceptor for AllowNames {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        if call.side() == Side::Client {
            return Ok(());
        }
        let identity = call.identity();
        if identity.is_empty() {
            return Err(Status::unauthenticated("the server asks for a client certificate"));
        }
        if identity.iter().any(|name| self.allows(name)) {
            return Ok(());
        }
        let names = identity.join(", ").escape_debug().to_string();
        Err(Status::permission_denied(format!("{names} is not among the names that are let in")))
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix('*')
            && rest.len() > 1
            && rest.starts_with('.')
            && !rest.contains('*')
        {
            return Ok(Name::Below(rest.to_ascii_lowercase()));
        }
        if text.is_empty() || text.contains('*') {
            let why = "write a whole name, or `*` for its first label as in `*.example`";
            return Err(InvalidName(format!("`{text}` is no name to allow: {why}")));
        }
        // C-core writes addresses in their shortest form.
        let address = text.parse::<IpAddr>().map(|address| address.to_string());
        Ok(Name::Exact(address.unwrap_or_else(|_| text.to_owned())))
    }
}

impl Name {
    fn is(&self, identity: &str) -> bool {
        match self {
            Name::Exact(name) if is_dns(name) => name.eq_ignore_ascii_case(identity),
            Name::Exact(name) => name == identity,
            Name::Below(end) => {
                let identity = identity.to_ascii_lowercase();
                identity.strip_suffix(&**end).is_some_and(is_label)
            }
        }
    }
}

fn is_dns(name: &str) -> bool {
    name.split('.').all(is_label)
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_allowed_exactly_or_by_its_first_label() {
        let allowed = AllowNames::new([
            "Ada.example",
            "*.team.example",
            "spiffe://example/chat",
            "0:0::1",
            "bob@example",
        ]);
        let allowed = allowed.unwrap();
        for name in ["ada.example", "x.TEAM.example", "spiffe://example/chat", "::1", "bob@example"]
        {
            assert!(allowed.allows(name), "{name} is refused");
        }
        for name in [
            "team.example",
            ".team.example",
            "a.b.team.example",
            "mallory@x.team.example",
            "spiffe://x.team.example",
            "spiffe://example/CHAT",
            "ada.example.org",
            "xada.example",
            "*.team.example",
            "",
        ] {
            assert!(!allowed.allows(name), "{name} is let in");
        }
    }

    #[test]
    fn a_star_is_a_whole_first_label() {
        for name in ["*", "*.", "a*.example", "*a.example", "a.*.example", "*.*.example", " "] {
            let error = AllowNames::new([name]).unwrap_err().to_string();
            assert!(error.contains("`*.example`"), "{name}: {error}");
        }
    }
}
