use clap::Args;
use quartet::server::ServerBuilder;

/// Certificates, and whose are let in.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct Tls {}

impl Tls {
    /// Sets them on the server.
    ///
    /// # Errors
    /// A text for the user, when what a flag names can't be used.
    pub fn apply(&self, builder: ServerBuilder) -> Result<ServerBuilder, String> {
        Ok(builder)
    }
}
