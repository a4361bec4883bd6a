use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{
    ASN1Time, FromDer, GeneralName, ParsedExtension, X509Certificate, X509Name,
};

use super::Error;
use super::clock::now;
use super::error::Fault;

/// What a certificate is used for here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Server,
    Client,
}

/// A certificate, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    pub der: CertificateDer<'static>,
    pub subject: String,
    pub issuer: String,
    /// Whom it is for: its SANs (RFC 5280, 4.2.1.6), or else its common name, or else its subject.
    pub names: Vec<String>,
    /// Whether others can be signed with it, or it stands for itself.
    pub authority: bool,
    not_before: Time,
    not_after: Time,
    /// The SubjectPublicKeyInfo, in DER.
    public_key: Vec<u8>,
    for_servers: bool,
    for_clients: bool,
    weakly_signed: bool,
}

/// Signatures with MD5 and SHA-1, which nobody takes any more (RFC 9155).
const WEAK: [&str; 3] = ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"];

impl Certificate {
    pub fn read(file: &Path, der: CertificateDer<'static>) -> Result<Self, Error> {
        let Ok((_, parsed)) = X509Certificate::from_der(&der) else {
            return Err(Error::new(file, "contains something that is not an X.509 certificate"));
        };
        let used_for = |wanted: fn(&x509_parser::extensions::ExtendedKeyUsage<'_>) -> bool| {
            let usage = parsed.extended_key_usage().ok().flatten();
            usage.is_none_or(|usage| usage.value.any || wanted(usage.value))
        };
        Ok(Certificate {
            subject: text(parsed.subject()),
            issuer: text(parsed.issuer()),
            names: names(&parsed),
            authority: parsed.is_ca() || parsed.subject().as_raw() == parsed.issuer().as_raw(),
            not_before: Time::of(parsed.validity().not_before),
            not_after: Time::of(parsed.validity().not_after),
            public_key: parsed.public_key().raw.to_vec(),
            for_servers: used_for(|usage| usage.server_auth),
            for_clients: used_for(|usage| usage.client_auth),
            weakly_signed: WEAK.contains(&&*parsed.signature_algorithm.algorithm.to_id_string()),
            der: der.clone(),
        })
    }

    /// Whether it is of this public key.
    pub fn fits(&self, public_key: &[u8]) -> bool {
        self.public_key == public_key
    }

    /// Checks that today is within its time.
    pub fn check_time(&self, file: &Path) -> Result<(), Error> {
        let subject = &self.subject;
        let now = now();
        if now < self.not_before.seconds {
            let why = format!(
                "the certificate {subject} is not valid before {}: is the clock right?",
                self.not_before
            );
            return Err(Error::new(file, why).because(Fault::Early(self.not_before.seconds)));
        }
        if self.seconds_left() < 0 {
            let why = format!("the certificate {subject} expired on {}: renew it", self.not_after);
            return Err(Error::new(file, why));
        }
        Ok(())
    }

    /// Checks that its signature counts; nobody looks at the one that a certificate has from itself.
    pub fn check_signature(&self, file: &Path) -> Result<(), Error> {
        match self.weakly_signed && self.subject != self.issuer {
            false => Ok(()),
            true => Err(Error::new(
                file,
                format!(
                    "the certificate {} is signed with MD5 or SHA-1, which is rejected everywhere: \
                     have it reissued",
                    self.subject
                ),
            )),
        }
    }

    /// Checks that it may be used so (RFC 5280, 4.2.1.12).
    pub fn check_role(&self, file: &Path, role: Role) -> Result<(), Error> {
        let (allowed, usage) = match role {
            Role::Server => (self.for_servers, "serverAuth"),
            Role::Client => (self.for_clients, "clientAuth"),
        };
        match allowed {
            true => Ok(()),
            false => Err(Error::new(
                file,
                format!(
                    "the certificate {} is for another use (its extended key usage lacks {usage})",
                    self.subject
                ),
            )),
        }
    }

    /// How long it is still valid; negative if it has expired.
    pub fn seconds_left(&self) -> i64 {
        self.not_after.seconds.saturating_sub(now())
    }

    /// Whether some name is in both.
    pub fn shares_name(&self, other: &Certificate) -> bool {
        self.names.iter().any(|name| other.names.contains(name))
    }

    /// When its time is up.
    pub fn expiry(&self) -> impl fmt::Display {
        &self.not_after
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names.join(", ");
        write!(f, "{} for {names}, valid until {}", self.subject, self.not_after)
    }
}

/// A time to compare, and to show.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Time {
    seconds: i64,
    text: String,
}

impl Time {
    fn of(time: ASN1Time) -> Self {
        let at = time.to_datetime();
        let text = format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute());
        Time { seconds: time.timestamp(), text }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for extension in certificate.extensions() {
        if let ParsedExtension::SubjectAlternativeName(alternatives) = extension.parsed_extension()
        {
            names.extend(alternatives.general_names.iter().filter_map(name));
        }
    }
    if names.is_empty() {
        let common = certificate.subject().iter_common_name();
        names.extend(common.filter_map(|name| name.as_str().ok()).map(clean));
    }
    if names.is_empty() {
        names.push(text(certificate.subject()));
    }
    names
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(clean(&name.to_ascii_lowercase())),
        GeneralName::RFC822Name(name) | GeneralName::URI(name) => Some(clean(name)),
        GeneralName::IPAddress(bytes) => <[u8; 4]>::try_from(*bytes)
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from))
            .map(|address| address.to_string())
            .ok(),
        _ => None,
    }
}

fn text(name: &X509Name<'_>) -> String {
    match name.to_string() {
        empty if empty.is_empty() => "without a subject".into(),
        text => clean(&text),
    }
}

/// In one line, whatever is in it.
fn clean(text: &str) -> String {
    text.escape_debug().to_string()
}
