//! The flags of a worker.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::setup::Refusal;

/// The flags of gRPC's own workers, and those of `peer.toml` for TLS.
#[derive(Clone, Debug, Args)]
#[command(rename_all = "snake_case")]
pub struct Options {
    /// The port to serve drivers on; 0 picks a free one
    #[arg(long)]
    pub driver_port: u16,
    /// How the stack is tuned
    #[arg(long, value_enum, default_value_t = Tuning::Tuned)]
    pub tuning: Tuning,
    /// The CA certificate that a client with TLS trusts, PEM
    #[arg(long)]
    ca_file: Option<PathBuf>,
    /// The certificate chain of a server with TLS, PEM
    #[arg(long)]
    tls_cert_file: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long)]
    tls_key_file: Option<PathBuf>,
}

/// How a stack is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tuning {
    /// As is best for the load
    Tuned,
    /// The defaults that a new user gets
    Defaults,
}

impl Options {
    /// Whether the stack is tuned.
    pub fn is_tuned(&self) -> bool {
        self.tuning == Tuning::Tuned
    }

    /// The file of the CA that clients trust.
    ///
    /// # Errors
    /// When the worker was started without.
    pub fn ca(&self) -> Result<&Path, Refusal> {
        self.ca_file.as_deref().ok_or_else(|| missing("--ca_file"))
    }

    /// The files of the servers' certificate chain, and of its key.
    ///
    /// # Errors
    /// When the worker was started without.
    pub fn identity(&self) -> Result<[&Path; 2], Refusal> {
        match (&self.tls_cert_file, &self.tls_key_file) {
            (Some(cert), Some(key)) => Ok([cert, key]),
            _ => Err(missing("--tls_cert_file and --tls_key_file")),
        }
    }
}

fn missing(flags: &str) -> Refusal {
    Refusal::failed_precondition(format!("no TLS: start the worker with {flags}"))
}
