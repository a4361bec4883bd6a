//! A chat service of which a test writes the one method that it is about.

use chat::{ChatService, Message};
use futures::{Stream, stream};
use quartet::rpc::{Request, Response, Status, Streaming};

/// Answers `SayHello` by a function; the streams are empty, or echo.
pub struct Hello<F>(pub F);

impl<F, A> ChatService for Hello<F>
where
    F: Fn(Request<Message>) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Response<Message>, Status>> + Send,
{
    async fn say_hello(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        (self.0)(request).await
    }

    async fn broadcast_messages(
        &self,
        _: Request<Message>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        Ok(Response::new(stream::empty()))
    }

    async fn upload_stream(
        &self,
        _: Request<Streaming<Message>>,
    ) -> Result<Response<Message>, Status> {
        Ok(Message::default().into())
    }

    async fn chat_stream(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<impl Stream<Item = Result<Message, Status>> + Send>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}
