use clap::Args;
use quartet::server::ServerBuilder;

/// What is done around every call: its log line, metrics, tokens, limits.
#[derive(Debug, Args)]
#[command(next_help_heading = "Calls")]
pub struct Calls {}

impl Calls {
    /// Sets them on the server.
    ///
    /// # Errors
    /// A text for the user, when what a flag names can't be used.
    pub fn apply(&self, builder: ServerBuilder) -> Result<ServerBuilder, String> {
        Ok(builder)
    }
}
