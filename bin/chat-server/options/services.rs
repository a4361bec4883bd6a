use clap::Args;
use quartet::server::ServerBuilder;

/// Which services are there beside the chat.
#[derive(Debug, Args)]
#[command(next_help_heading = "Services")]
pub struct Services {}

impl Services {
    /// Sets them on the server.
    ///
    /// # Errors
    /// A text for the user, when what a flag names can't be used.
    pub fn apply(&self, builder: ServerBuilder) -> Result<ServerBuilder, String> {
        Ok(builder)
    }
}
