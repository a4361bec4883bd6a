//! A call made by this process, while it is in flight.

use std::sync::Arc;
use std::time::{Duration, Instant};

use grpcio::Environment;
use protobuf::Message;

use quartet_seam::{self as seam, Encoding, Owed};

use crate::rpc::codec::{self, Decoded, Received};
use crate::rpc::interceptor::Interceptors;
use crate::rpc::watch::{Tally, Watch};
use crate::rpc::{Code, Compression, Metadata, Response, Status};

/// What a call can't do without, so every part of a call holds on to it: C-core ends the
/// calls of a channel with the channel, and the queue that drives them ends with its
/// environment.
pub(super) struct Shared {
    pub grpcio: grpcio::Client,
    pub settings: ClientSettings,
}

/// What a channel gives its clients.
pub(crate) struct ClientSettings {
    #[expect(dead_code, reason = "held for as long as anybody holds a part of a call")]
    pub environment: Arc<Environment>,
    pub target: Arc<str>,
    pub interceptors: Interceptors,
    /// What a call with one reply sees to.
    pub one_reply: Owed,
    /// Whether a `grpc-timeout` that the peer has in its table of headers may be sent for a shorter
    /// one.
    pub reuses_timeouts: bool,
    /// How messages are compressed, where a call does not say.
    pub compression: Compression,
}

/// A call on its way: what the seam sees of it, and when its time is up.
pub(super) struct ClientCall {
    pub seen: Arc<seam::ClientCall>,
    pub deadline: Option<Instant>,
    pub watch: Watch,
    pub client: Arc<Shared>,
    /// How its requests are compressed.
    pub encoding: Encoding,
}

impl Drop for ClientCall {
    fn drop(&mut self) {
        self.seen.settle();
    }
}

impl ClientCall {
    pub(super) fn sent(&self, message: &impl Message) {
        if let Some(tally) = self.watch.tally() {
            tally.sent(message.compute_size());
        }
    }

    pub(super) fn tally(&self) -> Option<Arc<Tally>> {
        self.watch.tally()
    }

    /// A message that came.
    pub(super) fn opened<T>(&self, received: Decoded<T>) -> Result<Received<T>, Status> {
        codec::opened(received, self.watch.tally().as_deref(), "reply")
    }

    /// The result of a call with one reply.
    pub(super) fn finish<T>(
        &mut self,
        result: grpcio::Result<Decoded<T>>,
    ) -> Result<Response<T>, Status> {
        let received = match result {
            Ok(received) => self.opened(received),
            Err(error) => Err(self.failed(error)),
        };
        let headers = Metadata::from_pairs(self.seen.take_headers());
        let received = received.map_err(|status| self.ended(status, headers.clone()))?;
        self.ended_ok()?;
        Ok(Response::received(received, headers, self.trailers()))
    }

    /// Tells the interceptors of a call that ended with an error; what is left of it. It carries
    /// all metadata that came.
    pub(super) fn ended(&mut self, status: Status, headers: Metadata) -> Status {
        let trailers = self.trailers();
        self.watch.end(status.with_headers(headers).with_metadata(trailers))
    }

    /// The same for a call that grpcio does not start.
    pub(super) fn not_started(&mut self, error: grpcio::Error) -> Status {
        self.ended(Status::from_grpcio(error), Metadata::new())
    }

    /// Tells the interceptors of a call that ended with OK.
    pub(super) fn ended_ok(&mut self) -> Result<(), Status> {
        self.watch.end_ok().map(drop)
    }

    /// The status of a call that did not end well.
    pub(super) fn failed(&self, error: grpcio::Error) -> Status {
        if self.seen.missing_reply() {
            return Status::unimplemented("the server ended the call with OK, but sent no reply");
        }
        if self.seen.second_reply() {
            return Status::unimplemented("the server sent more than one reply");
        }
        let status = Status::from_grpcio(error);
        // The server's end of a late call may arrive a little before our own timer fires.
        const A_LITTLE: Duration = Duration::from_millis(10);
        let late = self.deadline.is_some_and(|at| at <= Instant::now() + A_LITTLE);
        if late && status.code() == Code::Cancelled {
            return Status::deadline_exceeded("Deadline Exceeded");
        }
        status
    }

    pub(super) fn trailers(&self) -> Metadata {
        Metadata::from_pairs(self.seen.take_trailers())
    }
}
