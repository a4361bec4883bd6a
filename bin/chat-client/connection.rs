use std::fmt::Display;

use chat::proto::FILE_DESCRIPTOR_SET;
use chat::{Chat, ChatServiceClient, ChatServiceServer};
use quartet::channel::{Channel, ChannelError, HttpProxy};
use quartet::server::{Address, Server};
use quartet::services::{Health, Reflection};

use crate::failure::Failure;
use crate::options::Options;

/// The way to the server, which is inside of this process if none was named.
pub struct Connection {
    pub client: ChatServiceClient,
    /// For services that are not the chat.
    pub channel: Channel,
    pub target: String,
    pub embedded: Option<Server>,
}

impl Connection {
    pub fn open(options: &Options) -> Result<Self, Failure> {
        let (target, embedded) = match &options.server {
            Some(target) => (target.to_string(), None),
            None => {
                let server = embedded()?;
                let target = server.addresses().iter().map(ToString::to_string).collect();
                (target, Some(server))
            }
        };
        let mut builder = options.apply(Channel::builder(&target)).map_err(Failure::Input)?;
        if embedded.is_some() {
            builder = builder.http_proxy(HttpProxy::Never);
        }
        let channel = builder.try_build().map_err(|error| match error {
            ChannelError::Target(invalid) => Failure::Input(invalid.to_string()),
            other => Failure::environment(other.to_string()),
        })?;
        let client = ChatServiceClient::new(&channel);
        Ok(Connection { client, channel, target, embedded })
    }
}

fn embedded() -> Result<Server, Failure> {
    let failed = |why: &dyn Display| {
        Failure::environment(format!("could not start the embedded server: {why}"))
    };
    let reflection = Reflection::new([FILE_DESCRIPTOR_SET]).map_err(|error| failed(&error))?;
    Server::builder()
        .listen(Address::Tcp { host: "127.0.0.1".into(), port: 0 })
        .service(ChatServiceServer::new(Chat::default()))
        .health(Health::new())
        .reflection(reflection)
        .start()
        .map_err(|error| failed(&error))
}
