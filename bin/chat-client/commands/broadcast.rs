use chat::message;

use super::Session;
use crate::Failure;

pub async fn run(session: Session<'_>) -> Result<(), Failure> {
    let request = session.request(message(&session.options.user, ""))?;
    let broadcast = session.connection.client.broadcast_messages(request);
    let broadcast = broadcast.map_err(|status| session.failed(status))?;
    session.print_all(broadcast).await
}
