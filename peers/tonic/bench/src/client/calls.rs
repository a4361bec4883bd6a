//! The calls of each type, and how they are counted.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::stream::repeat;
use lab_contract::bench::{Client, Figures, Style};
use tokio::sync::mpsc::unbounded_channel;
use tokio_stream::Stream;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use crate::testing::benchmark_service_client::BenchmarkServiceClient;
use crate::testing::{SimpleRequest, SimpleResponse};

/// Makes calls on one channel.
#[derive(Clone)]
pub struct Caller {
    pub client: BenchmarkServiceClient<Channel>,
    pub setup: Arc<Client>,
    pub request: SimpleRequest,
    pub figures: Arc<Figures>,
}

impl Caller {
    pub async fn call_forever(mut self) {
        loop {
            self.call(Instant::now()).await;
        }
    }

    /// Makes one call, or one stream, which begins now or should have begun before.
    pub async fn call(&mut self, begun: Instant) {
        let ended = match self.setup.style {
            Style::Unary => self.unary(begun).await,
            Style::Streaming => self.streaming(begun).await,
            Style::FromClient => self.streaming_from_client().await,
            Style::FromServer => self.streaming_from_server(begun).await,
            Style::BothWays => self.streaming_both_ways(begun).await,
        };
        if let Err(status) = ended {
            if self.figures.failed(status.code() as i32) {
                eprintln!("a call failed: {status}");
            }
            tokio::task::yield_now().await; // Others go on, even if it fails without a wait.
        }
    }

    async fn unary(&mut self, begun: Instant) -> Result<(), Status> {
        let response = self.client.unary_call(self.request.clone()).await?;
        self.arrived(response.get_ref(), begun)?;
        Ok(())
    }

    async fn streaming(&mut self, mut begun: Instant) -> Result<(), Status> {
        let (outbound, requests) = unbounded_channel();
        let send = || outbound.send(self.request.clone()).map_err(|_| ended());
        // The first one now: some servers' headers come with the first response.
        send()?;
        let requests = UnboundedReceiverStream::new(requests);
        let mut responses = self.client.streaming_call(requests).await?.into_inner();
        for message in 1..=self.setup.messages {
            begun = self.arrived(&next(&mut responses).await?, begun)?;
            if message < self.setup.messages {
                send()?;
            }
        }
        drop(outbound);
        responses.message().await?;
        Ok(())
    }

    async fn streaming_from_client(&mut self) -> Result<(), Status> {
        let requests = Requests {
            request: self.request.clone(),
            figures: self.figures.clone(),
            left: self.setup.messages,
            asked: None,
        };
        let response = self.client.streaming_from_client(requests).await?;
        self.check(response.get_ref())
    }

    async fn streaming_from_server(&mut self, begun: Instant) -> Result<(), Status> {
        let responses = self.client.streaming_from_server(self.request.clone()).await?;
        self.receive(responses.into_inner(), begun).await
    }

    async fn streaming_both_ways(&mut self, begun: Instant) -> Result<(), Status> {
        let requests = repeat(self.request.clone());
        let responses = self.client.streaming_both_ways(requests).await?;
        self.receive(responses.into_inner(), begun).await
    }

    /// Takes the messages of a stream; the rest is cancelled.
    async fn receive(
        &self,
        mut responses: Streaming<SimpleResponse>,
        mut last: Instant,
    ) -> Result<(), Status> {
        for _ in 0..self.setup.messages {
            last = self.arrived(&next(&mut responses).await?, last)?;
        }
        Ok(())
    }

    /// Checks a response and counts it. The time that it is now.
    fn arrived(&self, response: &SimpleResponse, begun: Instant) -> Result<Instant, Status> {
        self.check(response)?;
        Ok(self.figures.took(begun))
    }

    fn check(&self, response: &SimpleResponse) -> Result<(), Status> {
        let size = response.payload.as_ref().map_or(0, |payload| payload.body.len());
        if size == self.setup.answer {
            return Ok(());
        }
        let expected = self.setup.answer;
        Err(Status::data_loss(format!("response: expected {expected} bytes, saw {size}")))
    }
}

async fn next(responses: &mut Streaming<SimpleResponse>) -> Result<SimpleResponse, Status> {
    responses.message().await?.ok_or_else(ended)
}

fn ended() -> Status {
    Status::data_loss("the server has ended the stream")
}

/// Requests as fast as they are taken. One is taken when the next is asked for.
struct Requests {
    request: SimpleRequest,
    figures: Arc<Figures>,
    left: u64,
    asked: Option<Instant>,
}

impl Stream for Requests {
    type Item = SimpleRequest;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<SimpleRequest>> {
        self.asked = match self.asked {
            None => Some(Instant::now()),
            Some(asked) => Some(self.figures.took(asked)),
        };
        let Some(left) = self.left.checked_sub(1) else {
            return Poll::Ready(None);
        };
        self.left = left;
        Poll::Ready(Some(self.request.clone()))
    }
}
