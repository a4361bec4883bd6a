use std::path::Path;
use std::pin::pin;

use chat::{Message, message};
use futures::StreamExt;
use futures::future::{self, Either};
use quartet::rpc::Sender;

use super::Session;
use crate::{Failure, input};

/// Sends every line, or none that counts: at a line that can't be sent the upload is
/// cancelled, so that the server never reports a part as finished.
pub async fn run(session: Session<'_>, file: Option<&Path>) -> Result<(), Failure> {
    let lines = input::lines(file, session.options.max_message)?;
    let upload = session.connection.client.upload_stream(session.request(())?);
    let (sender, reply) = upload.map_err(|status| session.failed(status))?;
    // A call that ends early says so at once, whatever is still to be read.
    let sending = pin!(send(&session, lines, sender));
    let result = match future::select(sending, reply).await {
        Either::Left((sent, reply)) => {
            sent?;
            reply.await
        }
        Either::Right((result, _)) => result,
    };
    match result {
        Ok(response) => {
            session.output.message(response.get_ref())?;
            session.end(Ok(()))
        }
        Err(status) => session.end(Err(status)),
    }
}

async fn send(
    session: &Session<'_>,
    lines: impl futures::Stream<Item = Result<input::Line, Failure>>,
    mut sender: Sender<Message>,
) -> Result<(), Failure> {
    let mut lines = pin!(lines);
    while let Some(line) = lines.next().await {
        let content = line?.map_err(|bad| {
            Failure::Input(format!(
                "{bad}; the upload was cancelled: the server has not counted any of it"
            ))
        })?;
        // A call that has ended says why in its reply.
        if sender.send(message(&session.options.user, content)).await.is_err() {
            return Ok(());
        }
    }
    sender.close().await;
    Ok(())
}
