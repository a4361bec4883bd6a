use quartet::channel::Channel;
use quartet::chat::{Chat, ChatServiceClient, ChatServiceServer};
use quartet::server::{Address, Server};

use crate::failure::Failure;
use crate::options::Options;

/// The way to the server, which is inside of this process if none was named.
pub struct Connection {
    pub client: ChatServiceClient,
    /// For services that are not the chat.
    #[expect(dead_code, reason = "for the commands to come")]
    pub channel: Channel,
    pub target: String,
    pub embedded: Option<Server>,
}

impl Connection {
    pub fn open(options: &Options) -> Result<Self, Failure> {
        let (target, embedded) = match &options.server {
            Some(target) => (target.clone(), None),
            None => {
                let server = embedded()?;
                let target = server.addresses().iter().map(ToString::to_string).collect();
                (target, Some(server))
            }
        };
        let builder = options.apply(Channel::builder(&target)).map_err(Failure::Input)?;
        let channel = builder.build();
        let client = ChatServiceClient::new(&channel);
        Ok(Connection { client, channel, target, embedded })
    }
}

fn embedded() -> Result<Server, Failure> {
    Server::builder()
        .listen(Address::Tcp { host: "127.0.0.1".into(), port: 0 })
        .service(ChatServiceServer::new(Chat::default()))
        .start()
        .map_err(|error| Failure::environment(format!("no server of our own: {error}")))
}
