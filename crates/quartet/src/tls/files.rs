//! The files of one side of a connection, and what they must contain.

use std::fmt;
use std::path::{Path, PathBuf};

use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::certificate::{Certificate, Role};
use super::error::Fault;
use super::key::public_key;
use super::{Error, error, pem};
use quartet_seam as seam;

/// Where to look.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub role: Role,
    pub identity: Option<CertificateAndKey>,
    pub authorities: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub(super) struct CertificateAndKey {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What was there: the bytes of each file, or why there are none.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Contents {
    identity: Option<[Content; 2]>,
    authorities: Option<Content>,
}

type Content = Result<Vec<u8>, Error>;

/// What was found to be good, as PEM.
pub(crate) struct Material {
    pub(super) contents: Contents,
    pub(super) identity: Option<Identity>,
    pub(super) authorities: Option<Authorities>,
}

/// Who we are.
pub(super) struct Identity {
    pub certificate: Certificate,
    pub chain: String,
    pub key: String,
}

/// Whom we trust.
pub(super) struct Authorities {
    pub pem: String,
    subjects: Vec<String>,
}

impl Files {
    /// One of them, if there is any.
    pub fn any(&self) -> Option<&Path> {
        self.identity.as_ref().map(|files| &*files.certificate).or(self.authorities.as_deref())
    }

    pub fn read(&self) -> Contents {
        let both =
            |files: &CertificateAndKey| [pem::read(&files.certificate), pem::read(&files.key)];
        Contents {
            identity: self.identity.as_ref().map(both),
            authorities: self.authorities.as_deref().map(pem::read),
        }
    }

    pub fn check(&self, contents: Contents) -> Result<Material, Error> {
        let identity = match (&self.identity, &contents.identity) {
            (Some(files), Some(contents)) => Some(Identity::check(files, contents, self.role)?),
            _ => None,
        };
        let authorities = match (&self.authorities, &contents.authorities) {
            (Some(file), Some(content)) => Some(Authorities::check(file, content)?),
            _ => None,
        };
        if let (Some(files), Some(identity)) = (&self.identity, &identity)
            && !identity.taken_by_core(authorities.as_ref())
        {
            let why = "C-core rejects the certificate, its chain or its key, though no fault is \
                       found here (GRPC_VERBOSITY=error says more): have it reissued";
            return Err(Error::new(&files.certificate, why));
        }
        Ok(Material { contents, identity, authorities })
    }
}

impl Identity {
    fn check(
        files: &CertificateAndKey,
        [certificates, key]: &[Content; 2],
        role: Role,
    ) -> Result<Self, Error> {
        let file = &*files.certificate;
        let chain = read_certificates(file, certificates)?;
        let key = pem::key(&files.key, key.as_ref().map_err(Error::clone)?)?;
        let certificate = &chain[0];
        check_key(files, &chain, &key)?;
        certificate.check_role(file, role)?;
        check_order(file, &chain)?;
        for certificate in &chain {
            certificate.check_time(file)?;
            certificate.check_signature(file)?;
        }
        Ok(Identity {
            certificate: certificate.clone(),
            chain: chain.iter().map(|link| pem::section("CERTIFICATE", &link.der)).collect(),
            key: pem::section(label(&key), key.secret_der()),
        })
    }

    fn taken_by_core(&self, authorities: Option<&Authorities>) -> bool {
        seam::core_takes(&self.chain, &self.key, authorities.map(|those| &*those.pem))
    }
}

impl Authorities {
    fn check(file: &Path, content: &Content) -> Result<Self, Error> {
        let found = read_certificates(file, content)?;
        if let Some(other) = found.iter().find(|certificate| !certificate.authority) {
            let why = format!(
                "{} is not a CA but was issued by one: use that CA, {}",
                other.subject, other.issuer
            );
            return Err(Error::new(file, why));
        }
        // One that is no longer valid is trusted by nobody, and does not affect the others.
        if found.iter().all(|certificate| certificate.check_time(file).is_err()) {
            found[0].check_time(file)?;
        }
        Ok(Authorities {
            pem: found.iter().map(|one| pem::section("CERTIFICATE", &one.der)).collect(),
            subjects: found.into_iter().map(|one| one.subject).collect(),
        })
    }
}

/// At least one. One that comes again is left out, as it says nothing new.
fn read_certificates(file: &Path, content: &Content) -> Result<Vec<Certificate>, Error> {
    let mut ders: Vec<CertificateDer<'static>> = Vec::new();
    for der in pem::certificates(file, content.as_ref().map_err(Error::clone)?)? {
        if !ders.contains(&der) {
            ders.push(der);
        }
    }
    ders.into_iter().map(|der| Certificate::read(file, der)).collect()
}

/// Checks that the key is that of the first certificate.
fn check_key(
    files: &CertificateAndKey,
    chain: &[Certificate],
    key: &PrivateKeyDer<'_>,
) -> Result<(), Error> {
    let Some(public) = public_key(key.secret_der()) else {
        let why = "the key is broken, or of an unsupported kind (RSA of 2048 to 4096 bits, P-256 \
                   and P-384 are supported)";
        return Err(Error::new(&files.key, why));
    };
    match chain.iter().position(|certificate| certificate.fits(&public)) {
        Some(0) => Ok(()),
        Some(_) => Err(Error::new(
            &files.certificate,
            format!(
                "the chain is in the wrong order: it starts with {}, but the key's own certificate \
                 must be first",
                chain[0].subject
            ),
        )),
        None => Err(Error::new(
            &files.key,
            format!(
                "the key does not match the certificate {} in {}",
                chain[0].subject,
                error::shown(&files.certificate)
            ),
        )
        .because(Fault::Unfit)),
    }
}

/// Checks that each certificate is followed by its issuer's (RFC 5246, 7.4.2).
fn check_order(file: &Path, chain: &[Certificate]) -> Result<(), Error> {
    match chain.windows(2).find(|pair| pair[0].issuer != pair[1].subject) {
        None => Ok(()),
        Some(pair) => Err(Error::new(
            file,
            format!(
                "the chain is in the wrong order: {} must be followed by its issuer {}, not {}",
                pair[0].subject, pair[0].issuer, pair[1].subject
            ),
        )),
    }
}

fn label(key: &PrivateKeyDer<'_>) -> &'static str {
    match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    }
}

impl fmt::Display for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.identity {
            Some(identity) => identity.certificate.fmt(f)?,
            None => f.write_str("no certificate")?,
        }
        match &self.authorities {
            Some(authorities) => write!(f, "; CA {}", authorities.subjects.join(" and ")),
            None => Ok(()),
        }
    }
}
