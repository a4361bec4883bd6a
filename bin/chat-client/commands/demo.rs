//! The article's client: its four calls, with its names, messages and timing.

use std::time::Duration;

use chat::{Message, message};
use futures::future;
use futures_timer::Delay;
use quartet::rpc::{Sender, Streaming};

use super::Session;
use crate::Failure;

const USER: &str = "Marko";
const BETWEEN_UPLOADS: Duration = Duration::from_millis(300);
const BETWEEN_CHATS: Duration = Duration::from_secs(1);

pub async fn run(session: Session<'_>) -> Result<(), Failure> {
    if session.connection.embedded.is_some() {
        let note = "Server and client in one process, talking over a real connection.\n";
        session.output.heading(note)?;
    }
    session.output.heading("1. Unary: SayHello")?;
    hello(&session).await?;
    session.output.heading("\n2. Server streaming: BroadcastMessages")?;
    broadcast(&session).await?;
    session.output.heading("\n3. Client streaming: UploadStream")?;
    upload(&session).await?;
    session.output.heading("\n4. Bidirectional streaming: ChatStream")?;
    chat(&session).await
}

async fn hello(session: &Session<'_>) -> Result<(), Failure> {
    let mut request = session.request(message(USER, "This is a unary call."))?;
    request.set_timeout(Duration::from_secs(1));
    let result = session.connection.client.say_hello(request).await;
    let reply = result.map_err(|status| session.failed(status))?.into_inner();
    let line = format!("Unary Response from {}: {}", reply.user(), reply.content());
    session.output.client_line(&line)
}

async fn broadcast(session: &Session<'_>) -> Result<(), Failure> {
    let request = session.request(message(USER, ""))?;
    let result = session.connection.client.broadcast_messages(request);
    let mut broadcast = result.map_err(|status| session.failed(status))?;
    while let Some(line) = broadcast.message().await.map_err(|status| session.failed(status))? {
        session.output.client_line(&format!(
            "Broadcast from {}: {}",
            line.user(),
            line.content()
        ))?;
    }
    Ok(())
}

async fn upload(session: &Session<'_>) -> Result<(), Failure> {
    let request = session.request(())?;
    let result = session.connection.client.upload_stream(request);
    let (mut sender, reply) = result.map_err(|status| session.failed(status))?;
    for entry in ["Log entry 1", "Log entry 2", "Log entry 3"] {
        if sender.send(message(USER, entry)).await.is_err() {
            break;
        }
        Delay::new(BETWEEN_UPLOADS).await;
    }
    sender.close().await;
    let reply = reply.await.map_err(|status| session.failed(status))?.into_inner();
    session.output.client_line(&format!("Upload Stream Response: {}", reply.content()))
}

async fn chat(session: &Session<'_>) -> Result<(), Failure> {
    let request = session.request(())?;
    let result = session.connection.client.chat_stream(request);
    let (sender, replies) = result.map_err(|status| session.failed(status))?;
    future::try_join(talk(session, sender), listen(session, replies)).await?;
    session.output.client_line("Bidirectional stream finished.")
}

async fn talk(session: &Session<'_>, mut sender: Sender<Message>) -> Result<(), Failure> {
    for line in ["Hi!", "How are you?", "I'm using a bidi stream!"] {
        session.output.client_line(&format!("Sending message: {line}"))?;
        if sender.send(message(USER, line)).await.is_err() {
            return Ok(());
        }
        Delay::new(BETWEEN_CHATS).await;
    }
    sender.close().await;
    Ok(())
}

async fn listen(session: &Session<'_>, mut replies: Streaming<Message>) -> Result<(), Failure> {
    while let Some(reply) = replies.message().await.map_err(|status| session.failed(status))? {
        session.output.client_line(&format!("Received from server: {}", reply.content()))?;
    }
    Ok(())
}
