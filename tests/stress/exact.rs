use chat::{ChatService, Message};
use futures::{Stream, StreamExt, stream};
use quartet::rpc::{Request, Response, Status, Streaming};

use super::numbered::{check, named, numbered};

/// Checks every request, and answers with messages of the stream whose number is the complement.
pub struct Exact;

impl ChatService for Exact {
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        let request = request.into_inner();
        let (stream, number) = named(&request).map_err(wrong)?;
        check(&request, stream, number).map_err(wrong)?;
        Ok(Response::new(numbered(!stream, number)))
    }

    /// As many messages as the request's number says.
    async fn broadcast_messages(
        &self,
        request: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let (stream, count) = named(request.get_ref()).map_err(wrong)?;
        Ok(Response::new(stream::iter(0..count).map(move |number| Ok(numbered(!stream, number)))))
    }

    /// Answers with the message whose number is that of the requests.
    async fn upload_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        let mut requests = request.into_inner();
        let (mut of, mut count) = (None, 0);
        while let Some(message) = requests.message().await? {
            let stream = of_stream(&mut of, &message)?;
            check(&message, stream, count).map_err(wrong)?;
            count += 1;
        }
        Ok(Response::new(numbered(!of.unwrap_or_default(), count)))
    }

    /// Answers each.
    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        let (mut of, mut count) = (None, 0);
        let replies = request.into_inner().map(move |message| {
            let message = message?;
            let (stream, number) = (of_stream(&mut of, &message)?, count);
            check(&message, stream, number).map_err(wrong)?;
            count += 1;
            Ok(numbered(!stream, number))
        });
        Ok(Response::new(replies))
    }
}

/// The stream that the first message names.
fn of_stream(of: &mut Option<u64>, message: &Message) -> Result<u64, Status> {
    let named = named(message).map_err(wrong)?;
    Ok(*of.get_or_insert(named.0))
}

fn wrong(what: String) -> Status {
    Status::data_loss(what)
}
