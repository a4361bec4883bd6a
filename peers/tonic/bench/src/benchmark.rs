//! The BenchmarkService.

use std::cell::RefCell;
use std::iter::from_fn;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{Map, Repeat, iter, repeat};
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use crate::messages::payload;
use crate::testing::benchmark_service_server::BenchmarkService;
use crate::testing::{Payload, SimpleRequest, SimpleResponse};

/// The largest body of a response: tonic's clients take no more by default.
const MAX_BODY: i32 = 4 << 20;

pub struct Benchmark;

type Requests = Streaming<SimpleRequest>;
type Answered = Result<SimpleResponse, Status>;

#[tonic::async_trait]
impl BenchmarkService for Benchmark {
    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        Ok(Response::new(answer(request.get_ref())?))
    }

    type StreamingCallStream = Map<Requests, fn(Result<SimpleRequest, Status>) -> Answered>;

    async fn streaming_call(
        &self,
        requests: Request<Requests>,
    ) -> Result<Response<Self::StreamingCallStream>, Status> {
        Ok(Response::new(requests.into_inner().map(|request| answer(&request?))))
    }

    async fn streaming_from_client(
        &self,
        requests: Request<Requests>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let mut requests = requests.into_inner();
        let mut last = SimpleRequest::default();
        while let Some(request) = requests.message().await? {
            last = request;
        }
        Ok(Response::new(answer(&last)?))
    }

    type StreamingFromServerStream = Repeat<Answered>;

    async fn streaming_from_server(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<Self::StreamingFromServerStream>, Status> {
        Ok(Response::new(repeat(Ok(answer(request.get_ref())?))))
    }

    type StreamingBothWaysStream = BoxStream<SimpleResponse>;

    async fn streaming_both_ways(
        &self,
        requests: Request<Requests>,
    ) -> Result<Response<Self::StreamingBothWaysStream>, Status> {
        let mut requests = requests.into_inner();
        let answer = answer(&requests.message().await?.unwrap_or_default())?;
        let coming = Arc::new(());
        let come = Arc::downgrade(&coming);
        tokio::spawn(async move {
            while let Ok(Some(_)) = requests.message().await {}
            drop(coming);
        });
        let next = move || (come.strong_count() > 0).then(|| Ok(answer.clone()));
        Ok(Response::new(Box::pin(iter(from_fn(next)))))
    }
}

/// A response of the size that is asked for.
fn answer(request: &SimpleRequest) -> Answered {
    let size = request.response_size;
    if !(0..=MAX_BODY).contains(&size) {
        let expected = format!("response_size: expected 0 to {MAX_BODY}, saw {size}");
        return Err(Status::invalid_argument(expected));
    }
    Ok(SimpleResponse { payload: Some(shared_payload(size as usize)), ..Default::default() })
}

/// A payload that shares its body with the thread's last one, if that had the same size.
fn shared_payload(size: usize) -> Payload {
    thread_local! {
        static LAST: RefCell<Payload> = RefCell::default();
    }
    LAST.with_borrow_mut(|last| {
        if last.body.len() != size {
            *last = payload(size);
        }
        last.clone()
    })
}
