use clap::Args;
use quartet::server::ServerBuilder;

/// How connections are kept, and for how long.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connections")]
pub struct Connections {}

impl Connections {
    /// Sets them on the server.
    ///
    /// # Errors
    /// A text for the user, when what a flag names can't be used.
    pub fn apply(&self, builder: ServerBuilder) -> Result<ServerBuilder, String> {
        Ok(builder)
    }
}
