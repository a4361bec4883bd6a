use std::path::PathBuf;

use clap::Args;
use log::debug;
use quartet::channel::ChannelBuilder;
use quartet::tls::ClientTls;

/// How the client verifies the server, and identifies itself to it.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct Tls {
    /// Connect with TLS, and trust the system's CAs
    #[arg(long, global = true)]
    tls: bool,

    /// Connect with TLS, and trust only the CAs in this PEM file
    #[arg(long, global = true, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Connect with TLS, and present this certificate (PEM) to a server that asks for one
    #[arg(long, global = true, value_name = "FILE")]
    cert: Option<PathBuf>,

    /// The private key of --cert: PEM, unencrypted
    #[arg(long, global = true, value_name = "FILE")]
    key: Option<PathBuf>,

    /// The name that the server's certificate must have, and the authority of the calls, if it is
    /// not the one in --server
    #[arg(long, alias = "authority", global = true, value_name = "NAME")]
    server_name: Option<String>,
}

impl Tls {
    /// Whether to encrypt the connection.
    pub fn wanted(&self) -> bool {
        self.tls || self.cacert.is_some() || self.cert.is_some() || self.key.is_some()
    }

    /// Sets them on the channel.
    ///
    /// # Errors
    /// A message for the user, when what a flag names can't be used.
    pub fn apply(&self, mut builder: ChannelBuilder) -> Result<ChannelBuilder, String> {
        if let Some(name) = &self.server_name {
            builder = builder.server_name(name);
        }
        if !self.wanted() {
            debug!("the connection is insecure: no TLS");
            return Ok(builder);
        }
        let mut tls = ClientTls::builder();
        if let Some(file) = &self.cacert {
            tls = tls.ca(file);
        }
        tls = match (&self.cert, &self.key) {
            (Some(certificate), Some(key)) => tls.identity(certificate, key),
            (Some(_), None) => {
                return Err("--cert needs the certificate's private key: --key".into());
            }
            (None, Some(_)) => return Err("--key needs the certificate of the key: --cert".into()),
            (None, None) => tls,
        };
        Ok(builder.tls(&tls.load().map_err(|error| error.to_string())?))
    }
}
