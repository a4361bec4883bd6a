//! The chat service of the article, and what its programs have in common.

#![forbid(unsafe_code)]

mod json_log;
pub mod program;
pub mod proto;
mod service;
pub mod text;

pub use proto::chat::*;
pub use service::Chat;

/// A message.
pub fn message(user: impl Into<String>, content: impl Into<String>) -> Message {
    Message { user: user.into(), content: content.into(), ..Message::default() }
}
