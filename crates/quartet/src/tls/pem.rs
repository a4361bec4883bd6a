//! Files of PEM: reading them, and what is in them.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls_pki_types::pem::{PemObject, SectionKind};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::Error;

/// Far more than any chain, and a set of all public CAs has.
const LONGEST: u64 = 4 << 20;

/// The bytes of a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Error::new(path, "no such file"),
        io::ErrorKind::PermissionDenied => {
            Error::new(path, "is not readable by this process's user: change its owner or mode")
        }
        _ => Error::new(path, format!("can't be read: {error}")),
    };
    // A pipe would keep whoever opens it waiting.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(Error::new(path, "is not a regular file, which can be read again"));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    match bytes.len() as u64 {
        0 => Err(Error::new(path, "is empty")),
        length if length > LONGEST => Err(Error::new(path, "is too long for PEM (over 4 MiB)")),
        _ => Ok(bytes),
    }
}

/// The certificates of a file, in their order; at least one.
pub(super) fn certificates(
    path: &Path,
    bytes: &[u8],
) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Vec<_> = sections(path, bytes)?
        .into_iter()
        .filter_map(|(kind, der)| CertificateDer::from_pem(kind, der))
        .collect();
    if !certificates.is_empty() {
        return Ok(certificates);
    }
    Err(Error::new(
        path,
        match has_key(bytes) {
            true => "holds a private key and no certificate: are certificate and key swapped?",
            false => "holds no certificate (a line `-----BEGIN CERTIFICATE-----`)",
        },
    ))
}

/// The private key of a file.
pub(super) fn key(path: &Path, bytes: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    // Of the old form (RFC 1421's headers), which would be broken PEM, and of the new one.
    if contains(bytes, "ENCRYPTED") {
        let why = "the key is encrypted: decrypt it with `openssl pkey -in FILE -out OTHER`";
        return Err(Error::new(path, why));
    }
    let sections = sections(path, bytes)?;
    let any_certificate = sections.iter().any(|(kind, _)| *kind == SectionKind::Certificate);
    let mut keys =
        sections.into_iter().filter_map(|(kind, der)| PrivateKeyDer::from_pem(kind, der));
    let first = keys.next();
    let why = match (first, keys.next()) {
        (Some(key), None) => return Ok(key),
        (Some(_), Some(_)) => "holds more than one private key: keep only the certificate's",
        (None, _) if any_certificate => {
            "holds a certificate and no private key: are certificate and key swapped?"
        }
        (None, _) => "holds no private key (a line `-----BEGIN PRIVATE KEY-----`)",
    };
    Err(Error::new(path, why))
}

/// A section of PEM (RFC 7468).
pub(super) fn section(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let body = BASE64_STANDARD.encode(der);
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

fn sections(path: &Path, bytes: &[u8]) -> Result<Vec<(SectionKind, Vec<u8>)>, Error> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Error::new(path, "is UTF-16: rewrite it as ASCII or UTF-8"));
    }
    let bytes = &*without_marks(bytes);
    let sections: Result<Vec<_>, _> = <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes).collect();
    match sections {
        Ok(sections) if !sections.is_empty() || contains(bytes, "-----BEGIN ") => Ok(sections),
        Ok(_) if bytes.first() == Some(&0x30) => Err(Error::new(
            path,
            "is DER, not PEM: convert it (openssl x509 -inform der, or openssl pkey -inform der)",
        )),
        Ok(_) => Err(Error::new(path, "is not PEM: no line in it starts with `-----BEGIN`")),
        Err(_) if contains(bytes, "Proc-Type:") => {
            Err(Error::new(path, "contains an encrypted key: keep only the certificates"))
        }
        Err(_) => Err(Error::new(path, "is broken PEM: a section is cut off, or not base64")),
    }
}

/// Without the mark of UTF-8 (a BOM) that some editors put at the start of a file: before a
/// `-----BEGIN` it would hide the section.
fn without_marks(bytes: &[u8]) -> Cow<'_, [u8]> {
    const MARK: &str = "\u{feff}";
    if !contains(bytes, MARK) {
        return bytes.into();
    }
    let mut rest = bytes;
    let mut kept = Vec::with_capacity(bytes.len());
    while let Some((first, others)) = rest.split_first() {
        match rest.strip_prefix(MARK.as_bytes()) {
            Some(behind) => rest = behind,
            None => {
                kept.push(*first);
                rest = others;
            }
        }
    }
    kept.into()
}

fn has_key(bytes: &[u8]) -> bool {
    contains(bytes, "PRIVATE KEY-----")
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
