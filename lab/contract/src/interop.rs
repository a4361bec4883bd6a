//! The flags of gRPC's own interop programs.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, Args};

use crate::Soak;

/// The flags of a client.
#[derive(Debug, Args)]
pub struct ClientOptions {
    /// The server's host
    #[arg(long = "server_host", default_value = "localhost")]
    host: String,
    /// The server's port
    #[arg(long = "server_port", default_value_t = 10000)]
    port: u16,
    /// The name that the server's certificate is for, and the authority of the calls
    #[arg(long = "server_host_override", default_value = "")]
    host_override: String,
    /// The case to run
    #[arg(long = "test_case", default_value = "large_unary")]
    case: String,
    /// Connect with TLS
    #[arg(long = "use_tls", action = ArgAction::Set, default_value_t = false)]
    pub use_tls: bool,
    /// Accepted; the CA to trust is that of --ca_file
    #[arg(long = "use_test_ca", action = ArgAction::Set, default_value_t = false)]
    _use_test_ca: bool,
    /// The CA to trust, PEM; the system's CAs by default
    #[arg(long = "ca_file")]
    ca: Option<PathBuf>,
    /// Accepted; load reports come from trailers and from the report stream
    #[arg(long = "service_config_json", default_value = "")]
    _service_config: String,
    /// Those of the soak cases
    #[command(flatten)]
    pub soak: Soak,
}

impl ClientOptions {
    /// The case to run, of those that the client has; none if it is not among them, which is
    /// reported with the reason.
    pub fn find<'c, C>(
        &self,
        cases: &'c [(&str, C)],
        unsupported: &[(&str, &'static str)],
    ) -> Option<&'c C> {
        if let Some((_, case)) = cases.iter().find(|(name, _)| *name == self.case) {
            return Some(case);
        }
        let known = unsupported.iter().find(|(name, _)| *name == self.case);
        let why = known.map_or("there is no such case", |(_, why)| why);
        eprintln!("unsupported test case: {}: {why}", self.case);
        None
    }

    /// Reports what is wrong, if something is; the exit code that says so.
    pub fn end(&self, result: Result<(), impl Display>) -> ExitCode {
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("{}: {failure}", self.case);
                ExitCode::FAILURE
            }
        }
    }

    /// The server's address.
    pub fn target(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The name that the server's certificate is for, if it is not the host's.
    pub fn server_name(&self) -> Option<&str> {
        Some(&*self.host_override).filter(|name| !name.is_empty())
    }

    /// The CA to trust, in PEM, if one is given.
    ///
    /// # Errors
    /// When its file can't be read, with its name.
    pub fn ca(&self) -> Result<Option<Vec<u8>>, String> {
        self.ca.as_deref().map(read).transpose()
    }
}

/// The flags of a server.
#[derive(Debug, Args)]
pub struct ServerOptions {
    /// The port to listen on, on every address of this machine; 0 picks a free one
    #[arg(long, default_value_t = 10000)]
    pub port: u16,
    /// Serve with TLS
    #[arg(long = "use_tls", action = ArgAction::Set, default_value_t = false)]
    use_tls: bool,
    /// The certificate chain of the server, PEM
    #[arg(long = "tls_cert_file", required_if_eq("use_tls", "true"))]
    cert: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long = "tls_key_file", required_if_eq("use_tls", "true"))]
    key: Option<PathBuf>,
}

impl ServerOptions {
    /// The certificate chain and its key, in PEM, to serve with TLS.
    ///
    /// # Errors
    /// When a file can't be read, with its name.
    pub fn identity(&self) -> Result<Option<[Vec<u8>; 2]>, String> {
        match (self.use_tls, &self.cert, &self.key) {
            (true, Some(cert), Some(key)) => Ok(Some([read(cert)?, read(key)?])),
            _ => Ok(None),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("can't read {}: {error}", path.display()))
}
