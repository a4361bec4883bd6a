//! The calls of each style, and how they are counted.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use connectrpc::client::SharedHttp2Connection;
use connectrpc::{ConnectError, ErrorCode, StreamMessage};
use futures::Stream;
use lab_contract::bench::{Client, Figures, Style};

use crate::proto::grpc::testing::{BenchmarkServiceClient, SimpleRequest, SimpleResponse};

/// Makes calls on one channel.
#[derive(Clone)]
pub struct Caller {
    pub client: BenchmarkServiceClient<SharedHttp2Connection>,
    pub setup: Arc<Client>,
    pub request: SimpleRequest,
    pub figures: Arc<Figures>,
}

impl Caller {
    pub async fn call_forever(self) {
        loop {
            self.call(Instant::now()).await;
        }
    }

    /// Makes one call, or one stream, which begins now or should have begun before.
    pub async fn call(&self, begun: Instant) {
        let ended = match self.setup.style {
            Style::Unary => self.unary(begun).await,
            Style::Streaming => self.streaming(begun).await,
            Style::FromClient => self.streaming_from_client().await,
            Style::FromServer => self.streaming_from_server(begun).await,
            Style::BothWays => self.streaming_both_ways(begun).await,
        };
        if let Err(error) = ended {
            if self.figures.failed(error.code.grpc_code() as i32) {
                eprintln!("a call failed: {error}");
            }
            tokio::task::yield_now().await; // Others go on, even if it fails without a wait.
        }
    }

    async fn unary(&self, begun: Instant) -> Result<(), ConnectError> {
        let response = self.client.unary_call(self.request.clone()).await?;
        self.check(response.view().payload.body.len())?;
        self.figures.took(begun);
        Ok(())
    }

    async fn streaming(&self, mut begun: Instant) -> Result<(), ConnectError> {
        let mut stream = self.client.streaming_call().await?;
        for _ in 0..self.setup.messages {
            // If the call has ended, its answers report it.
            let _ = stream.send(self.request.clone()).await;
            begun = self.arrived(stream.message().await?, begun)?;
        }
        stream.close_send();
        while stream.message().await?.is_some() {}
        Ok(())
    }

    async fn streaming_from_client(&self) -> Result<(), ConnectError> {
        let requests = Requests {
            request: self.request.clone(),
            figures: self.figures.clone(),
            left: self.setup.messages,
            asked: None,
        };
        let response = self.client.streaming_from_client(requests).await?;
        self.check(response.view().payload.body.len())
    }

    async fn streaming_from_server(&self, mut begun: Instant) -> Result<(), ConnectError> {
        let mut answers = self.client.streaming_from_server(self.request.clone()).await?;
        for _ in 0..self.setup.messages {
            begun = self.arrived(answers.message().await?, begun)?;
        }
        Ok(())
    }

    async fn streaming_both_ways(&self, mut begun: Instant) -> Result<(), ConnectError> {
        let (mut requests, mut answers) = self.client.streaming_both_ways().await?.into_split();
        let request = self.request.clone();
        // Until the answers are dropped, which cancels the call.
        tokio::spawn(async move { while requests.send(request.clone()).await.is_ok() {} });
        for _ in 0..self.setup.messages {
            begun = self.arrived(answers.message().await?, begun)?;
        }
        Ok(())
    }

    /// Checks an answer of a stream and counts it. The time that it is now.
    fn arrived(
        &self,
        answer: Option<StreamMessage<SimpleResponse>>,
        begun: Instant,
    ) -> Result<Instant, ConnectError> {
        let ended = || wrong("the server has ended the stream".into());
        self.check(answer.ok_or_else(ended)?.view().payload.body.len())?;
        Ok(self.figures.took(begun))
    }

    fn check(&self, size: usize) -> Result<(), ConnectError> {
        let expected = self.setup.answer;
        match size == expected {
            true => Ok(()),
            false => Err(wrong(format!("response: expected {expected} bytes, saw {size}"))),
        }
    }
}

fn wrong(what: String) -> ConnectError {
    ConnectError::new(ErrorCode::DataLoss, what)
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
