//! Authorities, certificates and folders of files, made for a test.

use std::fs;
use std::path::PathBuf;

use quartet::tls::{ClientTls, ServerTls};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};
use tempfile::TempDir;

pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
#[derive(Clone)]
pub struct Certified {
    pub certificate: String,
    pub key: String,
    pub der: Vec<u8>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        Authority::new_with(name, |_| {})
    }

    pub fn new_with(name: &str, with: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = authority(name);
        with(&mut params);
        let key = KeyPair::generate().unwrap();
        Authority(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// An authority under this one.
    pub fn below(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Authority(CertifiedIssuer::signed_by(authority(name), key, &self.0).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these names, valid today.
    pub fn certify(&self, names: &[&str]) -> Certified {
        self.certify_with(names, |_| {})
    }

    pub fn certify_with(
        &self,
        names: &[&str],
        with: impl FnOnce(&mut CertificateParams),
    ) -> Certified {
        let key = KeyPair::generate().unwrap();
        let mut params = params(names);
        with(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Certified {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().to_vec(),
        }
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names.clone()).unwrap();
    let name = names.first().cloned().unwrap_or_default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

pub fn self_signed(names: &[&str]) -> Certified {
    let key = KeyPair::generate().unwrap();
    let certificate = params(names).self_signed(&key).unwrap();
    Certified {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
        der: certificate.der().to_vec(),
    }
}

pub fn expired(params: &mut CertificateParams) {
    params.not_after = date_time_ymd(2020, 2, 29);
}

pub fn not_yet_valid(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2999, 12, 31);
}

pub fn only_for_clients(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

/// A folder with `cert.pem`, `key.pem` and `ca.pem`.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    /// With a certificate for localhost, and its CA.
    pub fn of(certified: &Certified, authority: &Authority) -> Self {
        let folder = Folder::new();
        folder.put(certified);
        folder.write("ca.pem", authority.pem());
        folder
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.file(name).to_str().unwrap().to_owned()
    }

    /// Command line flags, each with one of the files.
    pub fn flags(&self, flags: &[(&str, &str)]) -> Vec<String> {
        flags.iter().flat_map(|(flag, file)| [flag.to_string(), self.text(file)]).collect()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.file(name), content).unwrap();
    }

    pub fn put(&self, certified: &Certified) {
        self.write("cert.pem", &certified.certificate);
        self.write("key.pem", &certified.key);
    }

    pub fn server(&self) -> Result<ServerTls, quartet::tls::Error> {
        ServerTls::builder(self.file("cert.pem"), self.file("key.pem")).load()
    }

    /// A server that asks its clients for certificates of this CA.
    pub fn mutual(&self) -> Result<ServerTls, quartet::tls::Error> {
        let builder = ServerTls::builder(self.file("cert.pem"), self.file("key.pem"));
        builder.client_ca(self.file("ca.pem")).load()
    }

    /// A client that trusts the CA.
    pub fn trusting_client(&self) -> ClientTls {
        ClientTls::builder().ca(self.file("ca.pem")).load().unwrap()
    }

    /// A client that trusts the CA, and presents the certificate.
    pub fn client(&self) -> ClientTls {
        let builder = ClientTls::builder().ca(self.file("ca.pem"));
        builder.identity(self.file("cert.pem"), self.file("key.pem")).load().unwrap()
    }
}
