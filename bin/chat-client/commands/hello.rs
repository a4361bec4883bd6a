use chat::message;

use super::Session;
use crate::Failure;

pub async fn run(session: Session<'_>, content: &str) -> Result<(), Failure> {
    let request = session.request(message(&session.options.user, content))?;
    match session.connection.client.say_hello(request).await {
        Ok(response) => {
            session.output.message(response.get_ref())?;
            session.end(Ok(()))
        }
        Err(status) => session.end(Err(status)),
    }
}
