use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use grpcio::{ChannelCredentials, ChannelCredentialsBuilder};

use super::Error;
use super::certificate::Role;
use super::files::{CertificateAndKey, Files, Material};
use super::live::Live;

/// The files of a client's TLS.
#[must_use = "no file is read before `load`"]
#[derive(Debug)]
pub struct ClientTlsBuilder(Files);

impl ClientTlsBuilder {
    /// Trusts only the CAs in this PEM file. By default it trusts the system's CAs, or those in the
    /// file that `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH` names.
    pub fn ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.0.authorities = Some(file.into());
        self
    }

    /// Presents this certificate to servers that ask for one (mTLS); the files are as in
    /// [`ServerTls::builder`](super::ServerTls::builder).
    pub fn identity(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        let (certificate, key) = (certificate.into(), key.into());
        self.0.identity = Some(CertificateAndKey { certificate, key });
        self
    }

    /// Reads and checks the files.
    ///
    /// # Errors
    /// When a file is missing, can't be read, or does not contain what it must.
    pub fn load(self) -> Result<ClientTls, Error> {
        Live::load(self.0).map(ClientTls)
    }
}

/// Whom a client trusts, and who it is. Clones share it; its files are watched for as long as a
/// channel or a clone uses it.
///
/// ```no_run
/// use quartet::channel::Channel;
/// use quartet::tls::ClientTls;
///
/// let tls = ClientTls::builder().ca("ca.pem").identity("cert.pem", "key.pem").load()?;
/// let channel = Channel::builder("chat.example:50051").tls(&tls).build();
/// # Ok::<(), quartet::tls::Error>(())
/// ```
#[derive(Clone)]
pub struct ClientTls(Arc<Live>);

impl ClientTls {
    /// Starts with the system's CAs and no certificate.
    pub fn builder() -> ClientTlsBuilder {
        ClientTlsBuilder(Files { role: Role::Client, identity: None, authorities: None })
    }

    /// Reloads the files now, as [`ServerTls::reload`](super::ServerTls::reload) does.
    ///
    /// # Errors
    /// When they can't be used, or the certificate is for other names. The old ones stay in use.
    pub fn reload(&self) -> Result<bool, Error> {
        self.0.reload()
    }

    /// What is in use now; the same `Arc` until it changes.
    pub(crate) fn in_use(&self) -> Arc<Material> {
        self.0.in_use()
    }
}

impl Material {
    /// For a channel.
    pub(crate) fn channel_credentials(&self) -> ChannelCredentials {
        let mut builder = ChannelCredentialsBuilder::new();
        if let Some(authorities) = &self.authorities {
            builder = builder.root_cert(authorities.pem.clone().into_bytes());
        }
        if let Some(identity) = &self.identity {
            let (chain, key) = (identity.chain.clone(), identity.key.clone());
            builder = builder.cert(chain.into_bytes(), key.into_bytes());
        }
        builder.build()
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientTls({})", self.0.in_use())
    }
}
