//! How tonic is set.

use std::error::Error;
use std::io;

use lab_contract::bench::{Options, Refusal, Stage, Tuning};
use tokio::runtime::Builder;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, Server, ServerTlsConfig};
use tonic::{Code, Status};

use crate::testing::SecurityParams;

/// The largest HTTP/2 frame that is read, tuned. The windows are hyper's own, 1 to 5 MiB: with
/// larger ones a message of 1 MiB costs more, and small ones are decoded for so long at a stretch
/// that streams both ways starve.
const FRAME: u32 = 1 << 20;

/// Runs what is measured on a runtime of its own.
pub fn stage(
    name: &str,
    tuning: Tuning,
    main: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Stage> {
    let mut builder = match tuning {
        Tuning::Tuned => Builder::new_current_thread(),
        Tuning::Defaults => Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build()?;
    Stage::start(name, move |stop| runtime.block_on(stop.or(main)))
}

pub fn server(options: &Options, security: Option<&SecurityParams>) -> Result<Server, Refusal> {
    let server = match options.tuning {
        Tuning::Tuned => Server::builder().max_frame_size(FRAME),
        Tuning::Defaults => Server::builder(),
    };
    if security.is_none() {
        return Ok(server);
    }
    let [cert, key] = options.identity()?;
    let identity = Identity::from_pem(Refusal::or_read(cert)?, Refusal::or_read(key)?);
    server.tls_config(ServerTlsConfig::new().identity(identity)).map_err(failed)
}

pub fn endpoint(
    options: &Options,
    target: &str,
    security: Option<&SecurityParams>,
) -> Result<Endpoint, Refusal> {
    let scheme = if security.is_some() { "https" } else { "http" };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{target}")).map_err(failed)?;
    let endpoint = match options.tuning {
        Tuning::Tuned => endpoint.max_frame_size(FRAME),
        Tuning::Defaults => endpoint,
    };
    let Some(security) = security else {
        return Ok(endpoint);
    };
    let ca = Certificate::from_pem(Refusal::or_read(options.ca()?)?);
    let mut tls = ClientTlsConfig::new().ca_certificate(ca);
    if !security.server_host_override.is_empty() {
        tls = tls.domain_name(&security.server_host_override);
    }
    endpoint.tls_config(tls).map_err(failed)
}

/// The status that a set-up is refused with.
pub fn refused(refusal: Refusal) -> Status {
    Status::new(Code::from(refusal.code), refusal.to_string())
}

pub fn failed(error: impl Error) -> Refusal {
    let cause = error.source().map(|cause| format!(": {cause}"));
    Refusal::failed_precondition(format!("{error}{}", cause.unwrap_or_default()))
}
