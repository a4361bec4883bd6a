use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::rpc::{Call, Interceptor, Side, Status};
use quartet_seam::NameKind;

/// Accepts only callers whose verified certificate has one of these names: a DNS name, a URI such
/// as a SPIFFE ID, an IP or an e-mail address among its SANs; its common name counts if it has
/// no SAN. `*.example` stands for every name with one label before `.example`.
///
/// A name is what it looks like: with a `:` a URI, with an `@` an e-mail address, an IP address if
/// it is one, or else a DNS name or common name. A SAN of another kind with the same text does not
/// count, as a CA may be less strict about what it signs there.
///
/// A caller without a verified certificate is refused with `UNAUTHENTICATED`, one with other names
/// with `PERMISSION_DENIED`. Use it with a [`ServerTls`](super::ServerTls) that has a client CA.
#[derive(Clone, Debug)]
pub struct AllowNames(Vec<Name>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Exact(NameKind, String),
    /// What follows `*`, such as `.example`.
    Below(String),
}

/// Why a text is not a name to allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidName(String);

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidName {}

impl AllowNames {
    /// Allows these names; if empty, nobody.
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

    fn allows(&self, kind: NameKind, identity: &str) -> bool {
        self.0.iter().any(|name| name.is(kind, identity))
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
        if call.identity_kinds().iter().any(|(kind, name)| self.allows(*kind, name)) {
            return Ok(());
        }
        let names = identity.join(", ").escape_debug().to_string();
        Err(Status::permission_denied(format!("{names} is not an allowed name")))
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
            return Err(InvalidName(format!("`{text}` is not a name to allow: {why}")));
        }
        // C-core writes addresses in their shortest form.
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Name::Exact(NameKind::Ip, address.to_string()));
        }
        let kind = match text {
            uri if uri.contains(':') => NameKind::Uri,
            email if email.contains('@') => NameKind::Email,
            _ => NameKind::Dns,
        };
        Ok(Name::Exact(kind, text.to_owned()))
    }
}

impl Name {
    fn is(&self, kind: NameKind, identity: &str) -> bool {
        // A common name is mostly a DNS name.
        let kind = if kind == NameKind::Common { NameKind::Dns } else { kind };
        match self {
            Name::Exact(wanted, _) if *wanted != kind => false,
            Name::Exact(_, name) if is_dns(name) => name.eq_ignore_ascii_case(identity),
            Name::Exact(_, name) => name == identity,
            Name::Below(_) if kind != NameKind::Dns => false,
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
        use NameKind::{Common, Dns, Email, Ip, Uri};
        for (kind, name) in [
            (Dns, "ada.example"),
            (Common, "ada.example"),
            (Dns, "x.TEAM.example"),
            (Uri, "spiffe://example/chat"),
            (Ip, "::1"),
            (Email, "bob@example"),
        ] {
            assert!(allowed.allows(kind, name), "{name} is refused");
            for other in [Dns, Uri, Email, Ip].into_iter().filter(|other| *other != kind) {
                let let_in = allowed.allows(other, name);
                assert_eq!(let_in, kind == Common && other == Dns, "{name} as {other:?}");
            }
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
            for kind in [Dns, Common, Uri, Email, Ip] {
                assert!(!allowed.allows(kind, name), "{name} is let in as {kind:?}");
            }
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
