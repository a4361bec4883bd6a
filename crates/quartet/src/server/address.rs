use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// A host (name, IPv4 address, or IPv6 address in brackets) and a port; 0 is any free one.
    Tcp {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// A socket file.
    Unix(PathBuf),
}

/// Why a text is not an [`Address`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAddress(String);

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidAddress {}

impl FromStr for Address {
    type Err = InvalidAddress;

    /// Reads `host:port`, `[ipv6]:port`, `:port` (every address of this machine) or
    /// `unix:path`.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                "" => Err(InvalidAddress("unix: needs the path of a socket file".into())),
                path => Ok(Address::Unix(path.into())),
            };
        }
        let invalid =
            |why| InvalidAddress(format!("{why} in `{text}`: host:port, [ipv6]:port or unix:path"));
        let (host, port) = text.rsplit_once(':').ok_or_else(|| invalid("no port"))?;
        let port = port.parse().map_err(|_| invalid("no port number from 0 to 65535"))?;
        let host = match host {
            "" => "[::]",
            bare if bare.contains(':') && !bare.starts_with('[') => {
                return Err(invalid("an IPv6 address without brackets"));
            }
            host => host,
        };
        Ok(Address::Tcp { host: host.into(), port })
    }
}

impl fmt::Display for Address {
    /// As C-core takes it, for listening and for connecting.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp { host, port } => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_as_they_print() {
        for text in
            ["127.0.0.1:50051", "localhost:0", "[::1]:80", "unix:/run/chat.sock", "unix:chat.sock"]
        {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!(":80".parse::<Address>().unwrap().to_string(), "[::]:80");
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("localhost", "no port"),
            ("localhost:http", "port number"),
            ("localhost:65536", "port number"),
            ("::1:80", "brackets"),
            ("unix:", "path"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
