use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use quartet_seam as seam;

/// What a channel connects to, checked: see [`Channel::builder`](super::Channel::builder)
/// for its forms.
///
/// C-core takes what it can't parse for a host name, and port 99999 for port 34463, so the target
/// is parsed here first.
///
/// ```
/// # use quartet::channel::Target;
/// let target: Target = "dns:///chat.example:50051".parse()?;
/// assert!(!target.is_local());
/// let error = "http://chat.example".parse::<Target>().unwrap_err();
/// assert!(error.to_string().contains("host:port"));
/// # Ok::<(), quartet::channel::InvalidTarget>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    text: String,
    reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Socket,
    Loopback,
    /// One host, apparently of another machine.
    Host,
    /// Several addresses.
    Others,
    /// What a control plane finds addresses by.
    Service,
}

/// Why a text is not a [`Target`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTarget {
    target: String,
    why: String,
}

impl fmt::Display for InvalidTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.target.escape_debug();
        write!(
            f,
            "`{target}` is not a target: {}; write host:port, [IPv6]:port, dns:///host:port, \
             ipv4:1.2.3.4:port, ipv6:[::1]:port, unix:path, unix:///absolute/path or \
             xds:///service",
            self.why
        )
    }
}

impl std::error::Error for InvalidTarget {}

impl Target {
    /// Whether what is sent to it stays on this machine: a socket file, a loopback address,
    /// `localhost`.
    pub fn is_local(&self) -> bool {
        matches!(self.reach, Reach::Socket | Reach::Loopback)
    }

    pub(super) fn is_socket(&self) -> bool {
        self.reach == Reach::Socket
    }

    /// Whether it is one host, and another machine's.
    pub(super) fn is_remote_host(&self) -> bool {
        self.reach == Reach::Host
    }

    /// Whether a control plane says where it is.
    pub(super) fn is_service(&self) -> bool {
        self.reach == Reach::Service
    }

    /// A socket, whose name is good.
    pub(super) fn socket(text: &str) -> Self {
        Target { text: text.to_owned(), reach: Reach::Socket }
    }
}

impl fmt::Display for Target {
    /// As it was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.text
    }
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        let of = |reach| Target { text: text.to_owned(), reach };
        read(text).map(of).map_err(|why| InvalidTarget { target: text.to_owned(), why })
    }
}

fn read(text: &str) -> Result<Reach, String> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if text.contains(char::is_control) {
        return Err("it has a control character".into());
    }
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    let decoded = decode(rest)?;
    match scheme {
        "unix" | "unix-abstract" => socket(scheme, &decoded),
        "dns" => host(path(&decoded).trim_start_matches('/')),
        "ipv4" | "ipv6" => addresses(scheme, &decoded),
        "xds" | "google-c2p" | "google-c2p-experimental" => service(scheme, &decoded),
        // The bundled core has no such sockets.
        "vsock" if !seam::core_receives_long_messages() => Ok(Reach::Others),
        _ if rest.starts_with("//") => Err(format!("`{scheme}://` is not a gRPC scheme")),
        _ => host(text),
    }
}

/// What percent-encoding stands for.
fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let code = more.get(..2).filter(|_| *first == b'%');
        let byte = code.and_then(|digits| str::from_utf8(digits).ok());
        match byte.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| "its percent-encoded bytes are not UTF-8".into())
}

/// What follows the authority, if there is one.
fn path(rest: &str) -> &str {
    match rest.strip_prefix("//") {
        Some(authority) => authority.find('/').map_or("", |start| &authority[start..]),
        None => rest,
    }
}

fn socket(scheme: &str, rest: &str) -> Result<Reach, String> {
    /// `sun_path` has 108 bytes, and one of them ends a path, or begins an abstract name.
    const LONGEST: usize = 107;
    if rest.starts_with("//") && !rest.starts_with("///") {
        return Err(format!("`//` starts an authority, and `{scheme}` has none"));
    }
    match path(rest).len() {
        0 => Err(format!("`{scheme}:` needs a path or name after it")),
        length if length > LONGEST => {
            Err(format!("a socket name has at most {LONGEST} bytes, not {length}"))
        }
        _ => Ok(Reach::Socket),
    }
}

fn service(scheme: &str, rest: &str) -> Result<Reach, String> {
    match path(rest) {
        "" => Err(format!("`{scheme}:` needs a service after it")),
        path if path.ends_with('/') => Err("no service follows the last slash".into()),
        _ => Ok(Reach::Service),
    }
}

/// Addresses of one family, with commas between them.
fn addresses(scheme: &str, rest: &str) -> Result<Reach, String> {
    if rest.starts_with("//") && !rest.starts_with("///") {
        return Err(format!("`//` starts an authority, and `{scheme}` has none"));
    }
    let mut count = 0;
    let mut local = true;
    for address in path(rest).split(',').filter(|address| !address.is_empty()) {
        let (host, port) = split(address.trim_start_matches('/'))?;
        let why = || format!("`{host}` is not an {scheme} address");
        let ip: IpAddr = match scheme {
            "ipv4" => host.parse::<Ipv4Addr>().map_err(|_| why())?.into(),
            _ => without_zone(host).parse::<Ipv6Addr>().map_err(|_| why())?.into(),
        };
        match port {
            Some(port) if port.parse().is_ok_and(|port: u16| port > 0) => {}
            _ => return Err(no_port(port)),
        }
        count += 1;
        local &= ip.to_canonical().is_loopback();
    }
    match count {
        0 => Err(format!("`{scheme}:` needs an address after it")),
        _ if local => Ok(Reach::Loopback),
        1 => Ok(Reach::Host),
        _ => Ok(Reach::Others),
    }
}

/// `host`, `host:port`, `[ipv6]:port`; the port is 443 by default.
fn host(text: &str) -> Result<Reach, String> {
    let (host, port) = split(text)?;
    match port {
        None | Some("http" | "https") => {}
        Some(port) if port.parse().is_ok_and(|port: u16| port > 0) => {}
        port => return Err(no_port(port)),
    }
    if host.is_empty() {
        return Err("it has no host".into());
    }
    if let Ok(ip) = without_zone(host).parse::<IpAddr>() {
        return Ok(host_or_loopback(ip.to_canonical().is_loopback()));
    }
    match host.chars().find(|c| !c.is_alphanumeric() && !"-_.".contains(*c)) {
        Some(',') => Err("a list of addresses starts with `ipv4:` or `ipv6:`".into()),
        Some(c) => Err(format!("a host name can't contain `{c}`")),
        None => {
            let name = host.trim_end_matches('.').to_ascii_lowercase();
            Ok(host_or_loopback(name == "localhost" || name.ends_with(".localhost")))
        }
    }
}

fn host_or_loopback(loopback: bool) -> Reach {
    if loopback { Reach::Loopback } else { Reach::Host }
}

/// The host, without brackets, and what stands behind its colon.
fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or("the bracket is not closed")?;
        if without_zone(host).parse::<Ipv6Addr>().is_err() {
            return Err(format!("`{host}` is not an IPv6 address"));
        }
        return match rest.strip_prefix(':') {
            None if rest.is_empty() => Ok((host, None)),
            None => Err("only a port may follow the bracket".into()),
            port => Ok((host, port)),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            Err("it has two colons; an IPv6 address needs brackets".into())
        }
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((text, None)),
    }
}

/// An IPv6 address without its interface (`fe80::1%eth0`).
fn without_zone(host: &str) -> &str {
    host.split_once('%').map_or(host, |(address, _)| address)
}

fn no_port(port: Option<&str>) -> String {
    match port {
        None => "it has no port".into(),
        Some(port) => format!("`{port}` is not a port number from 1 to 65535"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Target {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn every_form_is_taken() {
        for text in [
            "chat",
            "chat.example:50051",
            "chat_1.example.:https",
            "10.0.0.1:50051",
            "[2001:db8::1]:50051",
            "[2001:db8::1]",
            "[fe80::1%eth0]:50051",
            "dns:chat.example",
            "dns:///chat.example:50051",
            "dns://8.8.8.8:53/chat.example:50051",
            "ipv4:10.0.0.1:50051,10.0.0.2:50052",
            "ipv6:[2001:db8::1]:50051",
            "ipv6:%5B2001:db8::1%5D:50051,[2001:db8::2]:1",
            "xds:///chat",
            "xds://authority.example/chat",
            "google-c2p:///chat",
        ] {
            assert!(!read(text).is_local(), "{text} is local");
            assert_eq!(read(text).to_string(), text);
        }
    }

    #[test]
    fn what_stays_on_this_machine_is_local() {
        for text in [
            "localhost:50051",
            "LOCALHOST.:1",
            "chat.localhost:1",
            "127.0.0.1:1",
            "127.8.8.8:1",
            "[::1]:1",
            "[::ffff:127.0.0.1]:1",
            "dns:///localhost:1",
            "ipv4:127.0.0.1:1,127.0.0.2:2",
            "ipv6:[::1]:1",
            "unix:chat.sock",
            "unix:/run/a socket",
            "unix:///run/chat.sock",
            "unix-abstract:chat",
        ] {
            assert!(read(text).is_local(), "{text} is not local");
            assert!(!read(text).is_remote_host(), "{text}");
        }
        assert!(!read("ipv4:127.0.0.1:1,10.0.0.1:1").is_local());
    }

    #[test]
    fn what_is_no_target_says_why_and_what_is_one() {
        let long = format!("unix:/{}", "x".repeat(107));
        for (text, why) in [
            ("", "it is empty"),
            ("a\0b:1", "control character"),
            ("unix://a/b", "authority"),
            ("unix:", "path or name"),
            ("unix-abstract:", "path or name"),
            (&long, "at most 107 bytes"),
            ("ipv4:name:1", "`name` is not an ipv4 address"),
            ("ipv4:10.0.0.1", "it has no port"),
            ("ipv4:10.0.0.1:65536", "`65536` is not a port number"),
            ("ipv4://host/10.0.0.1:1", "authority"),
            ("ipv4:", "an address"),
            ("ipv6:::1:1", "brackets"),
            ("ipv6:[::1]", "it has no port"),
            ("ipv6:[::g]:1", "`::g` is not an IPv6 address"),
            ("localhost:99999", "`99999` is not a port number"),
            ("localhost:0", "`0` is not a port number"),
            ("localhost:", "`` is not a port number"),
            ("localhost:50051x", "`50051x` is not a port number"),
            (":50051", "no host"),
            ("dns:///", "no host"),
            ("dns:///host:99999", "`99999` is not a port number"),
            ("http://host:1", "`http://` is not a gRPC scheme"),
            ("HTTPS://host", "`HTTPS://`"),
            ("host:1/path", "`1/path` is not a port number"),
            ("host/path", "a host name can't contain `/`"),
            ("two hosts:1", "a host name can't contain ` `"),
            ("a:1,b:2", "two colons"),
            ("a,b:1", "a list of addresses"),
            ("::1:50051", "brackets"),
            ("[::1:50051", "not closed"),
            ("[::1]50051", "follow the bracket"),
            ("xds:///", "no service"),
            ("xds:", "needs a service"),
            ("dns:///%ff", "not UTF-8"),
        ] {
            let error = text.parse::<Target>().expect_err(text).to_string();
            assert!(error.contains(why), "{text}: expected `{why}` in: {error}");
            assert!(error.contains("host:port") && error.contains("unix:path"), "{error}");
        }
    }
}
