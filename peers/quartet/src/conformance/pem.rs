//! Certificates and keys come in messages, and quartet reads them from files: they lie in a folder
//! that only this user can read, and that is gone with its last file.

use std::fs;
use std::path::PathBuf;

use quartet::tls::{ClientTls, ServerTls};
use tempfile::TempDir;

use super::Error;

/// The files of one server, or one channel, which reads them for as long as it is there.
pub struct Pem(TempDir);

/// A certificate and its key, PEM.
pub type Identity<'a> = (&'a [u8], &'a [u8]);

impl Pem {
    pub fn new() -> Result<Self, Error> {
        let folder = TempDir::with_prefix("conformance-");
        folder.map(Pem).map_err(|error| {
            Error::environment(format!("can't make a folder for certificates: {error}"))
        })
    }

    /// A server's TLS. With a CA of its clients, each has to show a certificate.
    pub fn server(&self, identity: Identity<'_>, client_ca: &[u8]) -> Result<ServerTls, Error> {
        let (certificate, key) = self.identity(identity)?;
        let mut builder = ServerTls::builder(certificate, key);
        if !client_ca.is_empty() {
            builder = builder.client_ca(self.write("client-ca.pem", client_ca)?);
        }
        builder.load().map_err(Error::input)
    }

    /// A client's TLS, with the server's CA, and perhaps a certificate of its own.
    pub fn client(&self, ca: &[u8], identity: Option<Identity<'_>>) -> Result<ClientTls, Error> {
        let mut builder = ClientTls::builder().ca(self.write("ca.pem", ca)?);
        if let Some(identity) = identity {
            let (certificate, key) = self.identity(identity)?;
            builder = builder.identity(certificate, key);
        }
        builder.load().map_err(Error::input)
    }

    fn identity(&self, (certificate, key): Identity<'_>) -> Result<(PathBuf, PathBuf), Error> {
        let certificate = self.write("certificate.pem", certificate)?;
        Ok((certificate, self.write("key.pem", key)?))
    }

    fn write(&self, name: &str, contents: &[u8]) -> Result<PathBuf, Error> {
        let file = self.0.path().join(name);
        fs::write(&file, contents).map_err(|error| {
            Error::environment(format!("can't write {}: {error}", file.display()))
        })?;
        Ok(file)
    }
}
