//! A server that is reached over TLS.

use std::fs;
use std::path::{Path, PathBuf};

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

#[derive(clap::Args)]
pub struct TlsArgs {
    /// Use TLS, and trust the authorities in this PEM file
    #[arg(long)]
    ca: Option<PathBuf>,

    /// Show the server the certificate in this PEM file
    #[arg(long, requires_all = ["ca", "key"])]
    cert: Option<PathBuf>,

    /// The certificate's key, a PEM file
    #[arg(long, requires = "cert")]
    key: Option<PathBuf>,

    /// The name in the server's certificate, if it isn't the one in --server
    #[arg(long, requires = "ca")]
    server_name: Option<String>,
}

impl TlsArgs {
    /// None without --ca: plaintext.
    pub fn config(&self) -> Result<Option<ClientTlsConfig>, String> {
        let Some(ca) = &self.ca else { return Ok(None) };
        let mut config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca)?));
        if let (Some(cert), Some(key)) = (&self.cert, &self.key) {
            config = config.identity(Identity::from_pem(read(cert)?, read(key)?));
        }
        if let Some(name) = &self.server_name {
            config = config.domain_name(name);
        }
        Ok(Some(config))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
