//! Which private keys are accepted.

use quartet_seam as seam;
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};
use x509_parser::public_key::PublicKey;

/// P-256 and P-384.
const CURVES: [&str; 2] = ["1.2.840.10045.3.1.7", "1.3.132.0.34"];

/// The public key of a private one in DER, as a certificate has it. None if it is broken, or of a
/// kind that not every client can verify: C-core's on BoringSSL knows no Ed25519.
pub(super) fn public_key(private: &[u8]) -> Option<Vec<u8>> {
    seam::public_key(private).filter(|public| is_taken(public).unwrap_or(false))
}

fn is_taken(public: &[u8]) -> Option<bool> {
    let (_, info) = SubjectPublicKeyInfo::from_der(public).ok()?;
    Some(match info.parsed().ok()? {
        PublicKey::RSA(key) => (2048..=4096).contains(&key.key_size()),
        PublicKey::EC(_) => {
            let curve = info.algorithm.parameters.as_ref()?.as_oid().ok()?;
            CURVES.contains(&&*curve.to_id_string())
        }
        _ => false,
    })
}
