use std::path::PathBuf;

use clap::Args;
use quartet::server::{Address, ServerBuilder};
use quartet::tls::{AllowNames, ServerTls};

/// Certificates, and which clients to accept.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct Tls {
    /// Serve with TLS at every address, socket files included: PEM with the certificate and its
    /// intermediate CAs. Reloaded when it changes, and on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert: PEM, unencrypted
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Accept only clients with a certificate signed by a CA in this PEM file (mTLS)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    client_ca: Option<PathBuf>,

    /// Accept only clients whose certificate has this name (DNS, URI, IP or e-mail; *.example for
    /// any first label); repeatable
    #[arg(long = "allow-name", value_name = "NAME", requires = "client_ca")]
    allow_names: Vec<String>,
}

impl Tls {
    /// Reads the files that the flags name, if any.
    ///
    /// # Errors
    /// A message for the user, when they can't be used.
    pub fn load(&self) -> Result<Option<ServerTls>, String> {
        let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) else {
            return Ok(None);
        };
        let builder = ServerTls::builder(certificate, key);
        let builder = match &self.client_ca {
            Some(file) => builder.client_ca(file),
            None => builder,
        };
        builder.load().map(Some).map_err(|error| error.to_string())
    }

    /// Sets the addresses on the server, with TLS if there is one, and who is let in.
    ///
    /// # Errors
    /// A message for the user, when what a flag names can't be used.
    pub fn apply(
        &self,
        builder: ServerBuilder,
        addresses: &[Address],
        tls: Option<&ServerTls>,
    ) -> Result<ServerBuilder, String> {
        let builder = addresses.iter().cloned().fold(builder, |builder, address| match tls {
            Some(tls) => builder.listen_tls(address, tls),
            None => builder.listen(address),
        });
        if self.allow_names.is_empty() {
            return Ok(builder);
        }
        let allowed = AllowNames::new(&self.allow_names);
        let allowed = allowed.map_err(|error| format!("--allow-name: {error}"))?;
        Ok(builder.interceptor(allowed))
    }
}
