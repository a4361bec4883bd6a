//! TLS, as rustls has it.

use std::path::Path;

use connectrpc::rustls::pki_types::pem::PemObject;
use connectrpc::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use connectrpc::rustls::{ClientConfig, RootCertStore, ServerConfig};
use lab_contract::bench::Refusal;

use super::failed;

/// A server with this certificate chain, and its key.
pub fn server([cert, key]: [&Path; 2]) -> Result<ServerConfig, Refusal> {
    let key = PrivateKeyDer::from_pem_slice(&Refusal::or_read(key)?).map_err(failed)?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates(cert)?, key)
        .map_err(failed)?;
    config.alpn_protocols = vec![b"h2".into()];
    Ok(config)
}

/// A client that trusts this CA.
pub fn client(ca: &Path) -> Result<ClientConfig, Refusal> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca)? {
        roots.add(certificate).map_err(failed)?;
    }
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".into()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Refusal> {
    let pem = Refusal::or_read(path)?;
    CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(failed)
}
