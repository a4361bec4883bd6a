use chat::proto::FILE_DESCRIPTOR_SET;
use clap::Args;
use quartet::server::ServerBuilder;
use quartet::services::{Channelz, Reflection};

/// Which services to serve beside the chat. Health is always served.
#[derive(Debug, Args)]
#[command(next_help_heading = "Services")]
pub struct Services {
    /// Turn off server reflection (grpc.reflection.v1 and v1alpha)
    #[arg(long)]
    no_reflection: bool,

    /// Serve grpc.channelz.v1: every channel, server and connection of this process, with the
    /// addresses of the peers
    #[arg(long)]
    channelz: bool,
}

impl Services {
    /// Sets them on the server.
    ///
    /// # Errors
    /// A message for the user, when what a flag names can't be used.
    pub fn apply(&self, mut builder: ServerBuilder) -> Result<ServerBuilder, String> {
        if self.channelz {
            builder = builder.service(Channelz);
        }
        if !self.no_reflection {
            let reflection = Reflection::new([FILE_DESCRIPTOR_SET]);
            builder = builder.reflection(reflection.map_err(|error| error.to_string())?);
        }
        Ok(builder)
    }
}
