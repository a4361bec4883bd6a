use clap::Args;
use quartet::channel::ChannelBuilder;

/// How the server is known, and this client to it.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct Tls {}

impl Tls {
    /// Sets them on the channel.
    ///
    /// # Errors
    /// A text for the user, when what a flag names can't be used.
    pub fn apply(&self, builder: ChannelBuilder) -> Result<ChannelBuilder, String> {
        Ok(builder)
    }
}
