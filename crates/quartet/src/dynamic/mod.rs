//! Calls without generated code: reflection finds out what a server serves, and messages are read
//! from JSON and printed as JSON.
//!
//! ```no_run
//! # async fn call() -> Result<(), Box<dyn std::error::Error>> {
//! use quartet::channel::Channel;
//! use quartet::dynamic::{Reflector, json};
//! use quartet::rpc::{Client, Request};
//!
//! let client = Client::from(Channel::to("localhost:50051"));
//! let mut reflector = Reflector::new(client.clone(), || Ok(Request::new(())));
//! let schema = reflector.schema("chat.ChatService").await?;
//! let method = schema.method("chat.ChatService", "SayHello")?.ok_or("no such method")?;
//! let (mut requests, mut replies) = method.start(&client, Request::new(()))?;
//! requests.send(json::parse(method.input(), r#"{"user": "Ada"}"#)?).await?;
//! requests.close().await;
//! while let Some(reply) = replies.message().await? {
//!     println!("{}", json::print(method.output(), &reply)?);
//! }
//! # Ok(())
//! # }
//! ```

mod encoded;
pub mod json;
mod method;
mod nearest;
mod reflector;
mod schema;
mod source;
mod types;
mod wire;

pub use encoded::Encoded;
pub use method::{Method, Replies};
pub use nearest::nearest;
pub use reflector::Reflector;
pub use schema::{InvalidSchema, Schema};
pub use types::MessageType;
