use std::cell::Cell;
use std::pin::pin;

use chat::program::say;
use chat::{Message, message};
use futures::StreamExt;
use futures::future::{self, Either};
use quartet::rpc::Sender;

use super::Session;
use crate::{Failure, input};

/// Sends what is typed and prints what comes, both at once. The end of the input
/// half-closes; the end of the replies ends the chat, whatever is still to be typed. A line
/// that can't be sent is left out, and the chat goes on.
pub async fn run(session: Session<'_>) -> Result<(), Failure> {
    let lines = input::lines(None, session.options.max_message)?;
    let chat = session.connection.client.chat_stream(session.request(())?);
    let (sender, replies) = chat.map_err(|status| session.failed(status))?;
    let user = session.options.user.clone();
    // The replies may end before the half-close is known to have left.
    let not_sent = Cell::new(0_usize);
    let sending = pin!(send(&user, lines, sender, &not_sent));
    let receiving = pin!(session.print_all(replies));
    match future::select(sending, receiving).await {
        Either::Left((sent, receiving)) => {
            sent?;
            receiving.await?;
        }
        Either::Right((received, _)) => received?,
    }
    match not_sent.get() {
        0 => Ok(()),
        1 => Err(Failure::Input("one line was not sent (see above); the others were".into())),
        n => Err(Failure::Input(format!("{n} lines were not sent (see above); the others were"))),
    }
}

/// Counts the lines that could not be sent.
async fn send(
    user: &str,
    lines: impl futures::Stream<Item = Result<input::Line, Failure>>,
    mut sender: Sender<Message>,
    not_sent: &Cell<usize>,
) -> Result<(), Failure> {
    let mut lines = pin!(lines);
    while let Some(line) = lines.next().await {
        match line? {
            // A call that has ended says why on its receiving half.
            Ok(content) => {
                if sender.send(message(user, content)).await.is_err() {
                    break;
                }
            }
            Err(bad) => {
                say(&format!("chat-client: not sent: {bad}"));
                not_sent.set(not_sent.get() + 1);
            }
        }
    }
    sender.close().await;
    Ok(())
}
