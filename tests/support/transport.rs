//! The three ways in which clients connect to a `chat-server`, with certificates of the test's own.

use super::certificates::{Authority, Folder};

/// A way, and the files that it needs.
pub enum Transport {
    Plaintext,
    Tls(Folder),
    /// The client has to show a certificate.
    Mtls(Folder),
}

/// What a client calls its flags: for a connection without TLS, its CAs, its certificate, its key.
pub struct Flags {
    pub plaintext: &'static [&'static str],
    pub ca: &'static str,
    pub cert: &'static str,
    pub key: &'static str,
}

impl Transport {
    pub fn tls() -> Self {
        Transport::Tls(folder())
    }

    pub fn mtls() -> Self {
        Transport::Mtls(folder())
    }

    /// For `chat-server`.
    pub fn server(&self) -> Vec<String> {
        match self {
            Transport::Plaintext => Vec::new(),
            Transport::Tls(folder) => {
                folder.flags(&[("--tls-cert", "cert.pem"), ("--tls-key", "key.pem")])
            }
            Transport::Mtls(folder) => folder.flags(&[
                ("--tls-cert", "cert.pem"),
                ("--tls-key", "key.pem"),
                ("--client-ca", "ca.pem"),
            ]),
        }
    }

    /// For a client with these flags.
    pub fn client(&self, Flags { plaintext, ca, cert, key }: &Flags) -> Vec<String> {
        match self {
            Transport::Plaintext => plaintext.iter().map(ToString::to_string).collect(),
            Transport::Tls(folder) => folder.flags(&[(ca, "ca.pem")]),
            Transport::Mtls(folder) => {
                folder.flags(&[(ca, "ca.pem"), (cert, "cert.pem"), (key, "key.pem")])
            }
        }
    }
}

/// One certificate is good for both sides.
fn folder() -> Folder {
    let authority = Authority::new("Test CA");
    Folder::of(&authority.certify(&["localhost", "127.0.0.1"]), &authority)
}
