//! The BenchmarkService.

use std::cell::RefCell;
use std::iter::from_fn;
use std::sync::Arc;

use connectrpc::{
    ConnectError, InboundStream, RequestContext, Response, ServiceRequest, ServiceResult,
    ServiceStream,
};
use futures::stream::{StreamExt, TryStreamExt, iter, repeat_with};

use super::messages::payload;
use crate::proto::grpc::testing::{BenchmarkService, Payload, SimpleRequest, SimpleResponse};

/// The largest body of a response: connectrpc's clients take no more by default.
const MAX_BODY: i32 = 4 << 20;

pub struct Benchmark;

impl BenchmarkService for Benchmark {
    async fn unary_call(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, SimpleRequest>,
    ) -> ServiceResult<SimpleResponse> {
        Response::ok(answer(request.response_size)?)
    }

    async fn streaming_call(
        &self,
        _: RequestContext,
        requests: InboundStream<SimpleRequest>,
    ) -> ServiceResult<ServiceStream<SimpleResponse>> {
        Response::stream_ok(requests.map(|request| answer(request?.view().response_size)))
    }

    async fn streaming_from_client(
        &self,
        _: RequestContext,
        mut requests: InboundStream<SimpleRequest>,
    ) -> ServiceResult<SimpleResponse> {
        let mut size = 0;
        while let Some(request) = requests.try_next().await? {
            size = request.view().response_size;
        }
        Response::ok(answer(size)?)
    }

    async fn streaming_from_server(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, SimpleRequest>,
    ) -> ServiceResult<ServiceStream<SimpleResponse>> {
        let answer = answer(request.response_size)?;
        Response::stream_ok(repeat_with(move || Ok(answer.clone())))
    }

    async fn streaming_both_ways(
        &self,
        _: RequestContext,
        mut requests: InboundStream<SimpleRequest>,
    ) -> ServiceResult<ServiceStream<SimpleResponse>> {
        let first = requests.try_next().await?;
        let answer = answer(first.map_or(0, |request| request.view().response_size))?;
        let coming = Arc::new(());
        let come = Arc::downgrade(&coming);
        tokio::spawn(async move {
            while let Some(Ok(_)) = requests.next().await {}
            drop(coming);
        });
        let next = move || (come.strong_count() > 0).then(|| Ok(answer.clone()));
        Response::stream_ok(iter(from_fn(next)))
    }
}

/// A response of the size that is asked for.
fn answer(size: i32) -> Result<SimpleResponse, ConnectError> {
    if !(0..=MAX_BODY).contains(&size) {
        let expected = format!("response_size: expected 0 to {MAX_BODY}, saw {size}");
        return Err(ConnectError::invalid_argument(expected));
    }
    Ok(SimpleResponse { payload: shared_payload(size as usize).into(), ..Default::default() })
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
