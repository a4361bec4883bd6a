//! How tonic is set, and what a set-up may ask for besides.

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::ValueEnum;
use tokio::runtime::{Builder, Runtime};
use tonic::Status;
use tonic::codec::CompressionEncoding;
use tonic::transport::{
    Certificate, ClientTlsConfig, Endpoint, Error, Identity, Server, ServerTlsConfig,
};

use crate::testing::{ChannelArg, SecurityParams, channel_arg::Value};

/// The largest HTTP/2 frame that is read, tuned. The windows are hyper's own, 1 to 5 MiB: with
/// larger ones a message of 1 MiB costs more, and small ones are decoded for so long at a stretch
/// that streams both ways starve.
const FRAME: u32 = 1 << 20;

#[derive(Clone, Copy, ValueEnum)]
pub enum Tuning {
    /// A runtime of one thread, large frames
    Tuned,
    /// What tokio and tonic set themselves
    Defaults,
}

impl Tuning {
    pub fn runtime(self) -> io::Result<Runtime> {
        let mut builder = match self {
            Tuning::Tuned => Builder::new_current_thread(),
            Tuning::Defaults => Builder::new_multi_thread(),
        };
        builder.enable_all().build()
    }
}

/// The flags that servers and clients have in common.
#[derive(clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Settings {
    #[arg(long, value_enum, default_value = "tuned")]
    pub tuning: Tuning,

    /// Clients trust who is certified by this authority
    #[arg(long)]
    ca_file: Option<PathBuf>,

    /// The servers' certificate
    #[arg(long)]
    tls_cert_file: Option<PathBuf>,

    /// The servers' private key
    #[arg(long)]
    tls_key_file: Option<PathBuf>,
}

impl Settings {
    pub fn server(&self, security: Option<&SecurityParams>) -> Result<Server, Status> {
        let server = match self.tuning {
            Tuning::Tuned => Server::builder().max_frame_size(FRAME),
            Tuning::Defaults => Server::builder(),
        };
        if security.is_none() {
            return Ok(server);
        }
        let cert = read_file("tls_cert_file", &self.tls_cert_file)?;
        let key = read_file("tls_key_file", &self.tls_key_file)?;
        let tls = ServerTlsConfig::new().identity(Identity::from_pem(cert, key));
        server.tls_config(tls).map_err(refused)
    }

    pub fn endpoint(
        &self,
        target: &str,
        security: Option<&SecurityParams>,
    ) -> Result<Endpoint, Status> {
        let scheme = if security.is_some() { "https" } else { "http" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{target}")).map_err(refused)?;
        let endpoint = match self.tuning {
            Tuning::Tuned => endpoint.max_frame_size(FRAME),
            Tuning::Defaults => endpoint,
        };
        let Some(security) = security else {
            return Ok(endpoint);
        };
        let ca = Certificate::from_pem(read_file("ca_file", &self.ca_file)?);
        let mut tls = ClientTlsConfig::new().ca_certificate(ca);
        if !security.server_host_override.is_empty() {
            tls = tls.domain_name(&security.server_host_override);
        }
        endpoint.tls_config(tls).map_err(refused)
    }
}

fn refused(error: Error) -> Status {
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    Status::invalid_argument(format!("set-up: {error}{}", cause.unwrap_or_default()))
}

/// Reads the file that a flag names.
fn read_file(flag: &str, path: &Option<PathBuf>) -> Result<Vec<u8>, Status> {
    let needed = || Status::failed_precondition(format!("--{flag}: TLS needs this flag"));
    let path = path.as_ref().ok_or_else(needed)?;
    fs::read(path).map_err(|error| {
        Status::failed_precondition(format!("--{flag}: {}: {error}", path.display()))
    })
}

/// How messages are to be compressed.
pub fn compression(args: &[ChannelArg]) -> Result<Option<CompressionEncoding>, Status> {
    const NAME: &str = "grpc.default_compression_algorithm";
    let asked = args.iter().find(|arg| arg.name == NAME).and_then(|arg| arg.value.as_ref());
    match asked {
        None | Some(Value::IntValue(0)) => Ok(None),
        Some(Value::IntValue(1)) => Ok(Some(CompressionEncoding::Deflate)),
        Some(Value::IntValue(2)) => Ok(Some(CompressionEncoding::Gzip)),
        Some(other) => {
            let expected = "expected 0 (none), 1 (deflate) or 2 (gzip)";
            Err(Status::unimplemented(format!("{NAME}: {expected}, saw {other:?}")))
        }
    }
}
