use std::time::Duration;

use futures::{StreamExt, stream};
use futures_timer::Delay;
use log::info;

use quartet::rpc::{Request, Response, Status, Stream, Streaming};

use crate::{ChatService, Message, message};

/// The server's side of the chat; `proto/chat/chat.proto` says what each method does.
#[derive(Clone, Debug)]
pub struct Chat {
    pace: Duration,
}

const BROADCAST: [&str; 4] = [
    "Welcome to the broadcast!",
    "Here is message #1.",
    "And here is message #2.",
    "Broadcast finished.",
];

impl Default for Chat {
    fn default() -> Self {
        Chat { pace: Duration::from_millis(500) }
    }
}

impl Chat {
    /// Sets the pause between two messages of a broadcast; half a second by default.
    pub fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }
}

impl ChatService for Chat {
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        let from = caller(&request);
        let Message { user, content, .. } = request.into_inner();
        info!("Received Unary message from {user}: {content} [{from}]");
        Ok(says(format!("Hello, {user}! Thanks for your message.")).into())
    }

    async fn broadcast_messages(
        &self,
        request: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let from = caller(&request);
        info!("Received Broadcast request from {} [{from}]", request.get_ref().user);
        let pace = self.pace;
        let broadcast = stream::iter(BROADCAST).enumerate().then(move |(nth, line)| async move {
            if nth > 0 && !pace.is_zero() {
                Delay::new(pace).await;
            }
            Ok(says(line))
        });
        Ok(Response::new(broadcast))
    }

    async fn upload_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        let from = caller(&request);
        let mut upload = request.into_inner();
        let (mut count, mut last_user) = (0_u64, String::new());
        while let Some(message) = upload.message().await? {
            info!("Received message from client stream: {} [{from}]", message.content);
            count += 1;
            last_user = message.user;
        }
        info!("Upload stream finished. Received {count} messages. [{from}]");
        Ok(says(format!("Finished receiving stream from {last_user}. Got {count} messages."))
            .into())
    }

    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let from = caller(&request);
        let echoes = request.into_inner().map(move |received| {
            let Message { user, content, .. } = received?;
            info!("Received message in ChatStream from {user}: {content} [{from}]");
            Ok(says(format!("Echo: {content}")))
        });
        Ok(Response::new(echoes))
    }
}

/// What the server says.
fn says(content: impl Into<String>) -> Message {
    message("Server", content)
}

fn caller<T>(request: &Request<T>) -> String {
    request.peer().unwrap_or_default()
}
