use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::{Sink, SinkExt};
use grpcio::{ClientCStreamSender, WriteFlags};

use protobuf::Message;

use quartet_seam::{self as seam, Encoding};

use super::call::Shared;
use crate::rpc::bundles::{Bundling, Outgoing};
use crate::rpc::watch::Tally;

/// The requests of a call that this process makes: send them, then [`close`](Self::close).
///
/// It is a [`Sink`]: `send` sends one message at once; `feed` (and so `forward` and
/// `send_all`) lets C-core put several into one write, until `flush`; the last one fed leaves
/// together with the half-close. All of them wait while the server does not read: this is HTTP/2
/// flow control.
///
/// Dropping it before [`close`](Self::close) cancels the call, so a client that panics or returns
/// early never looks as if it had finished.
///
/// ```no_run
/// # use quartet::proto::grpc::reflection::v1::{ServerReflectionClient, ServerReflectionRequest};
/// # async fn ask(client: ServerReflectionClient, request: ServerReflectionRequest)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// let (mut requests, mut replies) = client.server_reflection_info(())?;
/// requests.send(request).await?;
/// requests.close().await; // half-closes
/// while let Some(reply) = replies.message().await? {
///     println!("{reply}");
/// }
/// # Ok(())
/// # }
/// ```
pub struct Sender<T> {
    sink: Option<Bundling<ClientCStreamSender<Outgoing<T>>, T>>,
    encoding: Encoding,
    closing: bool,
    compresses: bool,
    tally: Option<Arc<Tally>>,
    _client: Arc<Shared>,
}

/// The call has ended, so nothing more can be sent. The receiving half (the reply, or the stream of
/// replies) reports how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call has ended; its status is with the receiving half")
    }
}

impl std::error::Error for Ended {}

impl<T: Message> Sender<T> {
    pub(super) fn new(
        mut sink: ClientCStreamSender<Outgoing<T>>,
        encoding: Encoding,
        client: &Arc<Shared>,
        tally: Option<Arc<Tally>>,
    ) -> Self {
        // grpcio then holds back the last message that was fed, and sends it without the
        // hint to buffer when it is flushed.
        sink.enhance_batch(true);
        let mut sink = Bundling::new(sink);
        sink.set_plain(encoding == Encoding::Identity);
        Sender {
            sink: Some(sink),
            encoding,
            closing: false,
            compresses: true,
            tally,
            _client: client.clone(),
        }
    }

    /// Sends a message, and waits until C-core has accepted it.
    ///
    /// # Errors
    /// When the call has ended; the message may not have been sent.
    pub async fn send(&mut self, message: T) -> Result<(), Ended> {
        SinkExt::send(self, message).await
    }

    /// Half-closes: signals the server that there are no more requests. If the call has ended
    /// meanwhile, there is nothing left to close, and the receiving half has its status.
    pub async fn close(&mut self) {
        let _ = SinkExt::close(self).await;
    }

    /// Whether the messages that are sent from now on are compressed, if the call is; they are
    /// at first.
    pub fn set_compresses(&mut self, yes: bool) {
        self.compresses = yes;
    }

    fn poll(
        &mut self,
        poll: impl FnOnce(
            Pin<&mut Bundling<ClientCStreamSender<Outgoing<T>>, T>>,
        ) -> Poll<grpcio::Result<()>>,
    ) -> Poll<Result<(), Ended>> {
        let Some(sink) = &mut self.sink else {
            return Poll::Ready(Err(Ended));
        };
        let polled = seam::sending(self.encoding, || poll(Pin::new(sink)));
        let result = std::task::ready!(polled);
        if let Err(error) = &result {
            use grpcio::Error::{RemoteStopped, RpcFinished};
            // grpcio panics when a sink that has failed is polled again, and cancels the call when
            // it is dropped. One that has ended keeps its end, which may not have been read yet.
            let sink = self.sink.take();
            match error {
                RemoteStopped | RpcFinished(_) => seam::uncancelled(|| drop(sink)),
                _ => drop(sink),
            }
        }
        Poll::Ready(result.map_err(|_| Ended))
    }
}

impl<T: Message> Sink<T> for Sender<T> {
    type Error = Ended;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        self.poll(|sink| sink.poll_ready(cx))
    }

    fn start_send(mut self: Pin<&mut Self>, message: T) -> Result<(), Ended> {
        if let Some(tally) = &self.tally {
            tally.sent(message.compute_size());
        }
        seam::take_turn();
        let flags = WriteFlags::default().force_no_compress(!self.compresses);
        match self.poll(|sink| Poll::Ready(sink.start_send((message, flags)))) {
            Poll::Ready(result) => result,
            Poll::Pending => Err(Ended),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        self.poll(|sink| sink.poll_flush(cx))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        if !self.closing {
            // grpcio's own close forgets a message that is held back.
            let flushed = seam::before_the_end(|| self.as_mut().poll_flush(cx));
            std::task::ready!(flushed)?;
            self.closing = true;
        }
        // That it fails means that the call has ended since: it is closed.
        self.poll(|sink| sink.poll_close(cx)).map(|_| Ok(()))
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("ended", &self.sink.is_none()).finish()
    }
}
