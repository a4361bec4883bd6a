use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use grpcio::{
    CertificateRequestType, ServerCredentials, ServerCredentialsBuilder, ServerCredentialsFetcher,
};

use super::Error;
use super::certificate::Role;
use super::files::{CertificateAndKey, Files, Material};
use super::live::Live;

/// The files of a server's TLS.
#[must_use = "no file is read before `load`"]
#[derive(Debug)]
pub struct ServerTlsBuilder {
    files: Files,
    optional: bool,
}

impl ServerTlsBuilder {
    /// Accepts only clients whose certificates are signed by a CA in this PEM file (mTLS). Without
    /// it clients present none.
    pub fn client_ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.files.authorities = Some(file.into());
        self
    }

    /// Accepts clients without a certificate too; one that is presented must be valid. For servers
    /// that are partly open to all, as with [`AllowNames`](super::AllowNames) on some services.
    pub fn optional_client(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Reads and checks the files.
    ///
    /// # Errors
    /// When a file is missing, can't be read, or does not contain what it must.
    pub fn load(self) -> Result<ServerTls, Error> {
        use CertificateRequestType as Type;
        // Only those that verify: with the others, names in certificates prove nothing.
        let requests = match (&self.files.authorities, self.optional) {
            (None, _) => Type::DontRequestClientCertificate,
            (Some(_), true) => Type::RequestClientCertificateAndVerify,
            (Some(_), false) => Type::RequestAndRequireClientCertificateAndVerify,
        };
        Ok(ServerTls { live: Live::load(self.files)?, requests })
    }
}

/// A server's certificate, its key, and the CA of its clients. Clones share it; its files are
/// watched for as long as a server or a clone uses it.
///
/// ```no_run
/// use quartet::server::Server;
/// use quartet::tls::ServerTls;
///
/// let tls = ServerTls::builder("cert.pem", "key.pem").client_ca("clients-ca.pem").load()?;
/// let server = Server::builder().listen_tls("0.0.0.0:50051".parse()?, &tls).start()?;
/// println!("serving as {tls}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ServerTls {
    live: Arc<Live>,
    requests: CertificateRequestType,
}

impl ServerTls {
    /// Starts with the PEM files of the certificate (first its own, then the intermediate CAs, each
    /// followed by its issuer) and of its private key (PKCS#8, PKCS#1 or SEC1, unencrypted).
    pub fn builder(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> ServerTlsBuilder {
        let identity = CertificateAndKey { certificate: certificate.into(), key: key.into() };
        let files = Files { role: Role::Server, identity: Some(identity), authorities: None };
        ServerTlsBuilder { files, optional: false }
    }

    /// Reloads the files now, and returns whether they are new: for a program to do on SIGHUP. The
    /// result is logged too.
    ///
    /// # Errors
    /// When they can't be used, or are for other names. The old ones stay in use.
    pub fn reload(&self) -> Result<bool, Error> {
        self.live.reload()
    }

    /// For one address.
    pub(crate) fn credentials(&self) -> ServerCredentials {
        let fetcher = Fetcher { tls: self.clone(), handed_over: Mutex::default() };
        ServerCredentials::with_fetcher(Box::new(fetcher), self.requests)
    }
}

impl fmt::Display for ServerTls {
    /// The certificate in use: its subject, its names, and until when it is valid.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.live.in_use().fmt(f)
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerTls({self})")
    }
}

/// Asked by C-core before each handshake, on the thread of a queue.
struct Fetcher {
    tls: ServerTls,
    handed_over: Mutex<Option<Arc<Material>>>,
}

impl ServerCredentialsFetcher for Fetcher {
    /// What is in use, if it is not what C-core has already.
    fn fetch(&self) -> Result<Option<ServerCredentialsBuilder>, Box<dyn StdError>> {
        let in_use = self.tls.live.in_use();
        let mut handed_over = self.handed_over.lock().unwrap_or_else(PoisonError::into_inner);
        if handed_over.as_ref().is_some_and(|last| Arc::ptr_eq(last, &in_use)) {
            return Ok(None);
        }
        let Some(identity) = &in_use.identity else {
            return Ok(None);
        };
        // Core 1.51 aborts without a root, even if no client is asked for a certificate.
        let authorities = in_use.authorities.as_ref().map_or(&identity.chain, |those| &those.pem);
        let builder = ServerCredentialsBuilder::new()
            .root_cert(authorities.as_str(), self.tls.requests)
            .add_cert(identity.chain.clone().into_bytes(), identity.key.clone().into_bytes());
        *handed_over = Some(in_use);
        Ok(Some(builder))
    }
}
