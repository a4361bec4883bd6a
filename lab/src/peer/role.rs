use std::fmt;
use std::str::FromStr;

/// What a peer is in a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It calls.
    Client,
    /// It serves.
    Server,
    /// It stands between the two.
    Proxy,
}

impl Role {
    /// Those of a peer.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];

    /// All there are.
    pub const ALL: [Self; 3] = [Self::Client, Self::Server, Self::Proxy];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Proxy => "proxy",
        })
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let role = Self::ALL.into_iter().find(|role| role.to_string() == text);
        role.ok_or_else(|| format!("there is no role {text}"))
    }
}
