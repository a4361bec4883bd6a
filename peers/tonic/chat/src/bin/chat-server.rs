//! The chat server of the article.

use std::error::Error;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_stream::{Stream, StreamExt};
use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use tonic_chat_peer::Message;
use tonic_chat_peer::chat_service_server::{ChatService, ChatServiceServer};

#[derive(Parser)]
struct Args {
    /// Listen on host:port; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:50051")]
    listen: String,

    /// Sleep after each message of a broadcast
    #[arg(long, default_value = "500ms", value_parser = humantime::parse_duration)]
    pace: Duration,
}

struct Chat {
    pace: Duration,
}

type Messages = std::pin::Pin<Box<dyn Stream<Item = Result<Message, Status>> + Send>>;

#[tonic::async_trait]
impl ChatService for Chat {
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        let Message { user, content } = request.into_inner();
        eprintln!("Received Unary message from {user}: {content}");
        Ok(Response::new(says(format!("Hello, {user}! Thanks for your message."))))
    }

    type BroadcastMessagesStream = Messages;

    async fn broadcast_messages(
        &self,
        request: Request<Message>,
    ) -> Result<Response<Messages>, Status> {
        eprintln!("Received Broadcast request from {}", request.get_ref().user);
        let messages = [
            "Welcome to the broadcast!",
            "Here is message #1.",
            "And here is message #2.",
            "Broadcast finished.",
        ];
        let stream = tokio_stream::iter(messages.map(|message| Ok(says(message))));
        Ok(Response::new(Box::pin(stream.throttle(self.pace)))) // Simulates work
    }

    async fn upload_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        let mut stream = request.into_inner();
        let (mut count, mut last_user) = (0, String::new());
        while let Some(message) = stream.message().await? {
            eprintln!("Received message from client stream: {}", message.content);
            last_user = message.user;
            count += 1;
        }
        eprintln!("Upload stream finished. Received {count} messages.");
        Ok(Response::new(says(format!(
            "Finished receiving stream from {last_user}. Got {count} messages."
        ))))
    }

    type ChatStreamStream = Messages;

    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Messages>, Status> {
        let echoes = request.into_inner().map(|message| {
            let Message { user, content } = message?;
            eprintln!("Received message in ChatStream from {user}: {content}");
            Ok(says(format!("Echo: {content}")))
        });
        Ok(Response::new(Box::pin(echoes)))
    }
}

fn says(content: impl Into<String>) -> Message {
    Message { user: "Server".into(), content: content.into() }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind(&args.listen).await?;
    println!("listening on {}", listener.local_addr()?);

    let chat = ChatServiceServer::new(Chat { pace: args.pace })
        .accept_compressed(Gzip)
        .send_compressed(Gzip);
    Server::builder()
        .add_service(chat)
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), async {
            terminate.recv().await;
        })
        .await?;
    Ok(())
}
