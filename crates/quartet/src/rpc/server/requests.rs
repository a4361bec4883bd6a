//! The requests of a call, as grpcio receives them, made into a [`Source`] that reports how they
//! really ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use futures::{StreamExt, future};
use grpcio::RequestStream;
use protobuf::Message;
use quartet_seam::ServerCall;

use crate::rpc::bundles::Incoming;
use crate::rpc::codec::{REQUEST, Received, Undecodable};
use crate::rpc::streaming::Source;
use crate::rpc::watch::Tally;
use crate::rpc::{Status, Streaming};

/// grpcio's request stream, which cancels the call when it is dropped unread. So it is
/// shared with the call, which keeps it until the reply is through.
pub(super) type Shared<T> = Arc<Mutex<RequestStream<Incoming<T>>>>;

/// How the request of a call that is being served comes in: as a message, or a stream.
pub(super) trait Intake<Q>: Send + 'static {
    fn take(
        self,
        tally: Option<Arc<Tally>>,
    ) -> impl Future<Output = Result<Received<Q>, Status>> + Send;
}

/// A stream, which the handler reads.
impl<Q: Message> Intake<Streaming<Q>> for Requests<Q> {
    fn take(
        self,
        tally: Option<Arc<Tally>>,
    ) -> impl Future<Output = Result<Received<Streaming<Q>>, Status>> + Send {
        future::ready(Ok(Received::local(Streaming::new(self, tally))))
    }
}

/// A stream that has to be one message.
pub(super) struct ExactlyOne<Q>(pub Requests<Q>);

impl<Q: Message> Intake<Q> for ExactlyOne<Q> {
    async fn take(self, tally: Option<Arc<Tally>>) -> Result<Received<Q>, Status> {
        let call = self.0.call.clone();
        let mut requests = self.0.take(tally).await?.message;
        let Some(message) = requests.message().await? else {
            return Err(Status::unimplemented(
                "the method takes one request message, but got none",
            ));
        };
        let compressed = requests.compressed();
        if call.half_closed() && !requests.has_more() {
            return Ok(Received { compressed, ..Received::local(message) });
        }
        match requests.message().await? {
            None => Ok(Received { compressed, ..Received::local(message) }),
            Some(_) => {
                Err(Status::unimplemented("the method takes one request message, but got more"))
            }
        }
    }
}

/// The request messages of a call that is being served.
pub(super) struct Requests<T> {
    stream: Shared<T>,
    call: Arc<ServerCall>,
    /// What is wrong with the last one.
    refused: Option<Status>,
}

impl<T> Requests<T> {
    pub(super) fn new(stream: Shared<T>, call: &Arc<ServerCall>) -> Self {
        Requests { stream, call: call.clone(), refused: None }
    }
}

impl<T: Message> Source<T> for Requests<T> {
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Incoming<T>, Status>>> {
        if let Some(refused) = self.refused.take() {
            return Poll::Ready(Some(Err(refused)));
        }
        let next = {
            let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
            self.call.within(|| stream.poll_next_unpin(cx))
        };
        Poll::Ready(match ready!(next) {
            Some(Ok(incoming)) => Some(Ok(incoming)),
            // grpcio ends a cancelled stream and a half-closed one alike.
            None if self.call.half_closed() => None,
            None | Some(Err(_)) => Some(Err(broken_off(&self.call))),
        })
    }

    fn refuse(&mut self, why: Undecodable) {
        self.refused = Some(why.status(REQUEST));
    }
}

fn broken_off(call: &ServerCall) -> Status {
    if call.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
        Status::deadline_exceeded("the deadline passed before the end of the requests")
    } else {
        Status::cancelled(
            "the requests broke off: the caller cancelled, disconnected, or sent too much",
        )
    }
}
