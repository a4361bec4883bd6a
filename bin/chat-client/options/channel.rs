use clap::Args;
use quartet::channel::ChannelBuilder;

/// How the server is found and reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Channel")]
pub struct Channel {}

impl Channel {
    /// Sets them on the channel.
    ///
    /// # Errors
    /// A text for the user, when what a flag names can't be used.
    pub fn apply(&self, builder: ChannelBuilder) -> Result<ChannelBuilder, String> {
        Ok(builder)
    }
}
